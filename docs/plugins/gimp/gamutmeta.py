#!/usr/bin/env python3
"""A loader for GIMP 3: opens an sRGB file with a payload as the 16-bit wide-gamut photograph it was.

`gamutmeta expand` restores it into a temporary TIFF with the ICC profile of the space, which GIMP itself loads. How to
install and use it, and what of it has been tried: README.md beside this file. It runs in GIMP's Python, which need not
have gamutmeta; the command is found on the PATH, or named by the environment variable GAMUTMETA.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio, GLib, GObject  # noqa: E402 - the version comes first

PROCEDURE = "file-gamutmeta-load"
SPACE = os.environ.get("GAMUTMETA_SPACE", "prophoto")


def expand(path, target):
    """Restore the photograph in `path` into `target`; the reason if that fails, else None."""
    # What GIMP opens is a path of this machine, and no shell sees it.
    command = [os.environ.get("GAMUTMETA", "gamutmeta"), "expand", path, "-o", target, "--space", SPACE, "--json"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    except OSError as error:
        return f"{command[0]} cannot be started ({error.strerror}): install gamutmeta, or set GAMUTMETA to its path"
    if ran.returncode == 0:
        return None
    try:
        return json.loads(ran.stdout.splitlines()[-1])["error"]["message"]
    except (IndexError, KeyError, ValueError):
        return ran.stderr.strip() or f"gamutmeta ended with exit code {ran.returncode}"


def answer(procedure, flags, image, problem):
    """What a load procedure of GIMP 3 returns: values, and the flags of the metadata."""
    if problem is not None:
        error = GLib.Error(problem)
        return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error), flags
    status = GObject.Value(Gimp.PDBStatusType, Gimp.PDBStatusType.SUCCESS)
    return Gimp.ValueArray.new_from_values([status, GObject.Value(Gimp.Image, image)]), flags


def load(procedure, run_mode, file, metadata, flags, config, data):
    """Called by GIMP to open `file` (a Gio.File)."""
    path = file.get_path()
    if path is None:
        return answer(procedure, flags, None, "gamutmeta opens files on this machine only")
    with tempfile.TemporaryDirectory(prefix="gamutmeta-") as folder:
        target = str(Path(folder) / "restored.tif")
        problem = expand(path, target)
        if problem is not None:
            return answer(procedure, flags, None, problem)
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(target))
    if image is None:
        return answer(procedure, flags, None, "GIMP cannot load the restored TIFF")
    return answer(procedure, flags, image, None)


class GamutMeta(Gimp.PlugIn):
    """The plug-in, as GIMP asks for it."""

    def do_set_i18n(self, name):
        """No translations."""
        return False

    def do_query_procedures(self):
        """The names of all procedures."""
        return [PROCEDURE]

    def do_create_procedure(self, name):
        """Describe the loader. By its priority it never replaces GIMP's own; it is chosen in the dialogue."""
        procedure = Gimp.LoadProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, load, None)
        procedure.set_menu_label("gamutmeta: sRGB with wide-gamut payload")
        procedure.set_documentation(
            "Open a JPEG, PNG or TIFF with a gamutmeta payload in its wide-gamut colours",
            "Runs the command gamutmeta and loads the 16-bit TIFF that it restores.",
            name,
        )
        procedure.set_attribution("The gamutmeta authors", "The gamutmeta authors", "2026")
        procedure.set_extensions("jpg,jpeg,png,tif,tiff")
        procedure.set_priority(100)  # the lowest number wins; GIMP's own loaders have 0
        return procedure


Gimp.main(GamutMeta.__gtype__, sys.argv)
