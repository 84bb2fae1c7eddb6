-- The part of darktable's Lua API that gamutmeta.lua uses, without darktable. It shows what the script asks for, not
-- that darktable understands it; test_darktable.py has darktable itself for that.
--
-- lua darktable_stub.lua SCRIPT EXPORTED BPP COMMAND FOLDER QUALITY

local script, exported, bpp, command, folder, quality = table.unpack(arg)
local preferences = { command = command, folder = folder, quality = quality, preset = "small" }

package.preload.darktable = function()
  return {
    configuration = { has_gui = false, running_os = "linux", check_version = function() end },
    preferences = { read = function(_, key) return preferences[key] end },
    control = { execute = function(line) local _, _, code = os.execute(line) return code end },
    print = print,
    print_error = function(text) print("log: " .. text) end,
    register_storage = function(name) print("registered " .. name) end,
  }
end

local storage = loadfile(script)("gamutmeta").storage
local format, image, extra = { bpp = tonumber(bpp), extension = "tif" }, { filename = "a.raw", path = folder }, {}
print("tiff", storage.supported(nil, format), "jpeg", storage.supported(nil, { extension = "jpg" }))
for number in ipairs(storage.initialize(nil, format, { image }, true, extra)) do
  storage.store(nil, image, format, exported, number, 1, true, extra)
end
storage.finalize(nil, {}, extra)
