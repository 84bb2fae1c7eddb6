--[[
An export storage for darktable: writes sRGB JPEGs that carry the colours sRGB does not have.

darktable develops the picture and exports it, as a 16-bit TIFF or PNG in a wide space, to a temporary file;
`gamutmeta reduce` makes the JPEG of it. How to install and use it: README.md beside this file.
]]

local dt = require "darktable"

local NAME = "gamutmeta"
local PRESETS = { "small", "balanced", "best" }
local DEFAULTS = { command = NAME, preset = "balanced", quality = "95", folder = "" }

dt.configuration.check_version(..., { 7, 0, 0 }, { 8, 0, 0 }, { 9, 0, 0 })

-- Preferences are kept as strings: the same in every version of the API.
local function remembered(key)
  local value = dt.preferences.read(NAME, key, "string")
  return value == "" and DEFAULTS[key] or value
end

-- darktable-cli has neither widgets nor a dialogue for preferences.
local has_gui = dt.configuration.has_gui
local widgets = {}

local function index_of(value, values)
  for index, other in ipairs(values) do
    if other == value then return index end
  end
  return 1
end

local function build_widgets()
  widgets.preset = dt.new_widget("combobox") {
    label = "preset",
    tooltip = "how many bytes the colours may take",
    selected = index_of(remembered "preset", PRESETS),
    table.unpack(PRESETS),
  }
  widgets.quality = dt.new_widget("slider") {
    label = "quality",
    tooltip = "of the JPEG",
    soft_min = 50, soft_max = 100, hard_min = 1, hard_max = 100, step = 1, digits = 0,
    value = tonumber(remembered "quality"),
  }
  widgets.folder = dt.new_widget("file_chooser_button") {
    title = "folder for the JPEGs",
    tooltip = "empty: beside the originals",
    is_directory = true,
    value = remembered "folder",
  }
  widgets.command = dt.new_widget("entry") {
    tooltip = "the program gamutmeta; with its path if darktable does not find it",
    text = remembered "command",
  }
  return dt.new_widget("box") {
    orientation = "vertical", widgets.preset, widgets.quality, widgets.folder, widgets.command,
  }
end

-- A slider's value has a fraction, and none at all before it was ever drawn.
local function whole(value)
  return value == value and string.format("%d", math.floor(value + 0.5)) or remembered "quality"
end

-- From the widgets to the preferences, which is where storing looks.
local function remember()
  if not has_gui then return end
  local values = {
    preset = widgets.preset.value,
    quality = whole(widgets.quality.value),
    folder = widgets.folder.value or "",
    command = widgets.command.text,
  }
  for key, value in pairs(values) do
    dt.preferences.write(NAME, key, "string", value)
  end
end

local function quoted(text)
  if dt.configuration.running_os == "windows" then return '"' .. text .. '"' end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function content(path)
  local file = io.open(path, "rb")
  if not file then return "" end
  local text = file:read("a")
  file:close()
  os.remove(path)
  return text
end

-- A name that is free; gamutmeta itself would refuse to overwrite a file, too.
local function target_for(image, exported)
  local folder = remembered "folder"
  if folder == "" then folder = image.path end
  -- The temporary file has the picture's name, with the number of the version if it is not the first.
  local stem = folder .. "/" .. exported:match("([^/\\]+)%.[^./\\]+$")
  local target, number = stem .. ".jpg", 0
  while exists(target) do
    number = number + 1
    target = string.format("%s_%02d.jpg", stem, number)
  end
  return target
end

local function supported(_, format)
  return format.extension == "tif" or format.extension == "png"
end

local function initialize(_, format, images, _, extra)
  extra.stored, extra.failed, extra.narrow = 0, 0, 0
  -- darktable 4.2 ends itself if there is an error in here.
  local ok, problem = pcall(remember)
  if not ok then
    dt.print_error("gamutmeta: settings are not remembered: " .. tostring(problem))
  end
  if format.bpp ~= 16 then
    dt.print("gamutmeta: choose 16 bit for the format; 8 bit is too coarse for a wide space")
    return {}
  end
  return images
end

local function store(_, image, _, exported, number, total, _, extra)
  local target = target_for(image, exported)
  dt.print(string.format("gamutmeta: %d of %d, %s", number, total, target))
  local said, complained = exported .. ".json", exported .. ".err"
  local status = dt.control.execute(table.concat({
    quoted(remembered "command"), "reduce", quoted(exported), "-o", quoted(target),
    "--preset", remembered "preset", "--quality", remembered "quality", "--json",
    ">", quoted(said), "2>", quoted(complained),
  }, " "))
  os.remove(exported)
  local report, complaint = content(said), content(complained)
  if status == 0 then
    extra.stored = extra.stored + 1
    if tonumber(report:match('"og_percent": *([%d.]+)')) == 0 then extra.narrow = extra.narrow + 1 end
  else
    extra.failed = extra.failed + 1
    dt.print_error("gamutmeta: " .. image.filename .. ": " .. complaint .. report)
    -- What gamutmeta says is in its report; what the shell says, if there is no such program, is not.
    local reason = report:match('"message": *"(.*)"}}') or complaint:match("[^\r\n]+")
    dt.print("gamutmeta failed: " .. (reason or "see the log of darktable"))
  end
end

local function finalize(_, _, extra)
  local text = string.format("gamutmeta: %d stored", extra.stored)
  if extra.failed > 0 then text = text .. string.format(", %d failed", extra.failed) end
  if extra.narrow > 0 then
    text = text .. string.format(
      ", %d without any colour outside sRGB: is the export profile a wide one, such as linear ProPhoto RGB?", extra.narrow)
  end
  dt.print(text)
end

dt.register_storage(NAME, "JPEG with wide-gamut colours (gamutmeta)", store, finalize, supported, initialize,
  has_gui and build_widgets() or nil)

return {
  metadata = { name = NAME, purpose = "export JPEGs that carry their wide-gamut colours", author = "the gamutmeta authors" },
  destroy = function() dt.destroy_storage(NAME) end,
  -- What darktable calls, for whoever has no dialogue to press "export" in.
  storage = { supported = supported, initialize = initialize, store = store, finalize = finalize },
}
