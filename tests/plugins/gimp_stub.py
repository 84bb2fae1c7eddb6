"""Runs docs/plugins/gimp/gamutmeta.py without GIMP: GLib, GObject and Gio are real, libgimp is this stub.

It shows what the loader asks for and answers, not that GIMP understands it. One JSON object is printed.

    python3 gimp_stub.py PLUGIN FILE LOADED

LOADED is where the TIFF is copied to that GIMP would have loaded.
"""

import json
import runpy
import shutil
import sys
import types

import gi

required = {}
gi.require_version = required.__setitem__
from gi.repository import Gio, GObject

PLUGIN, FILE, LOADED = sys.argv[1:]
FLAGS = object()
said = {}


class RunMode:
    NONINTERACTIVE = 1


class Image(GObject.Object):
    pass


class ValueArray(list):
    @classmethod
    def new_from_values(cls, values):
        return cls(value.get_value() for value in values)


# Some enumeration that GObject knows, in place of GIMP's: Python cannot register one.
PDBStatusType = Gio.FileType
PDBStatusType.EXECUTION_ERROR, PDBStatusType.SUCCESS = Gio.FileType.UNKNOWN, Gio.FileType.REGULAR


class PDBProcType:
    PLUGIN = "plugin"


class LoadProcedure:
    """Keeps what was set."""

    @classmethod
    def new(cls, plugin, name, kind, run, data):
        procedure = cls()
        procedure.run, procedure.data = run, data
        said["new"] = [name, kind]
        return procedure

    def new_return_values(self, status, error):
        return ValueArray([status, error])

    def __getattr__(self, setter):
        return lambda *values: said.__setitem__(setter, values)


def file_load(mode, file):
    shutil.copy(file.get_path(), LOADED)
    return Image()


def main(gtype, arguments):
    plugin = gtype.pytype()
    (name,) = plugin.do_query_procedures()
    assert plugin.do_set_i18n(name) is False
    procedure = plugin.do_create_procedure(name)
    file = Gio.File.new_for_uri(FILE) if "://" in FILE else Gio.File.new_for_path(FILE)
    values, flags = procedure.run(procedure, RunMode, file, None, FLAGS, None, procedure.data)
    assert flags is FLAGS
    said["status"] = {PDBStatusType.SUCCESS: "success", PDBStatusType.EXECUTION_ERROR: "error"}[values[0]]
    said["image"] = isinstance(values[1], Image)
    said["error"] = getattr(values[1], "message", None)


stub = types.ModuleType("gi.repository.Gimp")
stub.PlugIn = GObject.Object
stub.PDBStatusType = PDBStatusType
for member in (RunMode, Image, ValueArray, PDBProcType, LoadProcedure, file_load, main):
    setattr(stub, member.__name__, member)
sys.modules["gi.repository.Gimp"] = stub
sys.modules["gi.repository"].Gimp = stub

runpy.run_path(PLUGIN, run_name="__main__")
print(json.dumps(said | {"required": required}))
