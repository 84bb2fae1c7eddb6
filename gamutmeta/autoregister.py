"""Import this module to register the Pillow plugin, where a framework loads plugins by module name."""

from gamutmeta.pillow import register

register()
