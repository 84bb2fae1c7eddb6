meta:
  id: gamutmeta
  title: gamutmeta container, versions 1 and 2
  file-extension: gamut
  license: Apache-2.0
  ks-version: "0.11"
  encoding: ASCII
  endian: be
doc: |
  A gamutmeta payload: a small model, bound to an sRGB picture, that restores the wide-gamut photograph from it.

  Checked here: header, lengths, the descriptor in its canonical form with the ranges of its values and what goes with
  what, the limits of the format, and the header of the Zstandard frame. Left to the caller: the checksum (CRC-32 of
  `checked_bytes`), decompression, the length of the tensors, and the digest of the picture.
doc-ref:
  - gamutmeta-1.md
  - gamutmeta-2.md
seq:
  - id: magic
    contents: [0x89, "GMT", 0x0d, 0x0a, 0x1a, 0x0a]
  - id: min_reader_version
    type: u1
    valid:
      min: 1
      max: 2
  - id: writer_version
    type: u1
    valid:
      min: min_reader_version
  - id: critical_flags
    type: u1
    valid: 0
  - id: ignorable_flags
    type: u1
  - id: total_length
    type: u4
    valid:
      expr: _ == _io.size and _ <= 61440
  - id: descriptor_length
    type: u4
    valid:
      max: 1024
  - id: tensor_length
    type: u4
    doc: Of all tensors before compression, bytes.
    valid:
      max: 1048576
  - id: compressed_length
    type: u4
    valid:
      expr: total_length == 32 + descriptor_length + _ and (tensor_length == 0) == (_ == 0)
  - id: descriptor
    type: descriptor
    size: descriptor_length
  - id: version_is_that_of_the_keys
    size: 0
    valid:
      expr: (descriptor.has_like or descriptor.has_shl or descriptor.has_smp) == (min_reader_version == 2)
  - id: tensors
    type: frame(tensor_length)
    size: compressed_length
    if: compressed_length != 0
  - id: checksum
    type: u4
instances:
  checked_bytes:
    doc: What the checksum is of.
    pos: 0
    size: total_length - 4
types:
  frame:
    doc: One Zstandard frame (RFC 8878, 3.1.1), as header and blocks.
    params:
      - id: expected_size
        type: u4
    seq:
      - id: magic
        contents: [0x28, 0xb5, 0x2f, 0xfd]
      - id: content_size_flag
        type: b2
      - id: single_segment
        type: b1
        valid: true
      - id: unused
        type: b1
      - id: reserved
        type: b1
        valid: false
      - id: has_checksum
        type: b1
        valid: false
      - id: dictionary_id_flag
        type: b2
        valid: 0
      - id: size_in_1
        type: u1
        if: content_size_flag == 0
      - id: size_in_2
        type: u2le
        if: content_size_flag == 1
      - id: size_in_4
        type: u4le
        if: content_size_flag == 2
      - id: size_in_8
        type: u8le
        if: content_size_flag == 3
      - id: states_expected_size
        size: 0
        valid:
          expr: content_size == expected_size
      - id: blocks
        size-eos: true
    instances:
      content_size:
        value: "content_size_flag == 0 ? size_in_1 : content_size_flag == 1 ? size_in_2 + 256 : content_size_flag == 2 ? size_in_4 : size_in_8"
      whole:
        doc: The frame, for a Zstandard decoder.
        pos: 0
        size-eos: true
  descriptor:
    doc: |
      A canonical MessagePack map. Keys can only stand in ascending order, so each is looked for once, in its place.
    seq:
      - id: map_format
        type: u1
        valid:
          expr: (_ >= 0x80 and _ <= 0x8f) or _ == 0xde
      - id: many
        type: u2
        if: map_format == 0xde
        valid:
          min: 16
      - id: aff
        type: keyed_affine
        if: has_aff
      - id: bias
        type: keyed_false
        if: has_bias
      - id: cat
        type: keyed_integer(1, 1)
        if: has_cat
      - id: gate
        type: keyed_integer(0, 255)
        if: has_gate
      - id: grid
        type: keyed_grid
        if: has_grid
      - id: h
        type: keyed_integer(1, 0xffffffff)
        valid:
          expr: has_h
      - id: head
        type: keyed_integer(1, 2)
        if: has_head
      - id: jpeg
        type: keyed_digest
        if: has_jpeg
      - id: like
        type: keyed_likeness
        if: has_like
      - id: mlp
        type: keyed_widths
        if: has_mlp
      - id: q
        type: keyed_encodings(num_tensors)
        if: has_q
      - id: rgb
        type: keyed_integer(0, 16)
        if: has_rgb
      - id: rgb8
        type: keyed_digest
        if: has_rgb8
      - id: shl
        type: keyed_shoulder
        if: has_shl
      - id: smp
        type: keyed_integer(1, 1)
        if: has_smp
      - id: src
        type: keyed_integer(1, 1)
        if: has_src
      - id: t
        type: keyed_false
        if: has_t
      - id: w
        type: keyed_integer(1, 0xffffffff)
        valid:
          expr: has_w
      - id: xy
        type: keyed_integer(1, 16)
        if: has_xy
      - id: nothing_behind
        size: 0
        valid:
          expr: _io.eof
      - id: entries_as_declared
        size: 0
        valid:
          expr: num_entries == num_declared
      - id: pixels_within_limit
        size: 0
        valid:
          expr: w.value <= 0x40000000 / h.value
      - id: one_binding
        size: 0
        valid:
          expr: has_jpeg != has_rgb8
      - id: colour_options_go_with_colour
        size: 0
        valid:
          expr: has_rgb or not (has_src or has_t)
      - id: clip_has_no_model
        size: 0
        valid:
          expr: has_head or not (has_aff or has_bias or has_gate or has_grid or has_mlp or has_q or has_rgb or has_xy)
      - id: model_has_tensors
        size: 0
        valid:
          expr: has_head == has_q
      - id: features_within_limit
        size: 0
        valid:
          expr: not has_head or (num_features >= 1 and num_features <= 256)
      - id: colour_has_features
        size: 0
        valid:
          expr: not has_t or rgb.value >= 1
      - id: gate_goes_with_excess
        size: 0
        valid:
          expr: not has_gate or head.value == 2
      - id: samples_of_a_jpeg_go_with_its_binding_and_excess
        size: 0
        valid:
          expr: not has_smp or (has_jpeg and not (has_gate or has_src) and (not has_head or head.value == 2))
      - id: shoulder_goes_with_srgb_and_excess
        size: 0
        valid:
          expr: not has_shl or not (has_smp or has_src) and (not has_head or head.value == 2)
      - id: affine_goes_with_position
        size: 0
        valid:
          expr: not has_aff or has_grid or has_xy
    instances:
      next_aff: {pos: _io.pos, type: key}
      has_aff: {value: not _io.eof and next_aff.name == "aff"}
      next_bias: {pos: _io.pos, type: key}
      has_bias: {value: not _io.eof and next_bias.name == "bias"}
      next_cat: {pos: _io.pos, type: key}
      has_cat: {value: not _io.eof and next_cat.name == "cat"}
      next_gate: {pos: _io.pos, type: key}
      has_gate: {value: not _io.eof and next_gate.name == "gate"}
      next_grid: {pos: _io.pos, type: key}
      has_grid: {value: not _io.eof and next_grid.name == "grid"}
      next_head: {pos: _io.pos, type: key}
      has_head: {value: not _io.eof and next_head.name == "head"}
      next_jpeg: {pos: _io.pos, type: key}
      has_jpeg: {value: not _io.eof and next_jpeg.name == "jpeg"}
      next_like: {pos: _io.pos, type: key}
      has_like: {value: not _io.eof and next_like.name == "like"}
      next_mlp: {pos: _io.pos, type: key}
      has_mlp: {value: not _io.eof and next_mlp.name == "mlp"}
      next_q: {pos: _io.pos, type: key}
      has_q: {value: not _io.eof and next_q.name == "q"}
      next_rgb: {pos: _io.pos, type: key}
      has_rgb: {value: not _io.eof and next_rgb.name == "rgb"}
      next_rgb8: {pos: _io.pos, type: key}
      has_rgb8: {value: not _io.eof and next_rgb8.name == "rgb8"}
      next_shl: {pos: _io.pos, type: key}
      has_shl: {value: not _io.eof and next_shl.name == "shl"}
      next_smp: {pos: _io.pos, type: key}
      has_smp: {value: not _io.eof and next_smp.name == "smp"}
      next_src: {pos: _io.pos, type: key}
      has_src: {value: not _io.eof and next_src.name == "src"}
      next_t: {pos: _io.pos, type: key}
      has_t: {value: not _io.eof and next_t.name == "t"}
      next_xy: {pos: _io.pos, type: key}
      has_xy: {value: not _io.eof and next_xy.name == "xy"}
      has_h: {value: h.key.name == "h"}
      has_w: {value: w.key.name == "w"}
      num_declared:
        value: "map_format == 0xde ? many : map_format & 0x0f"
      num_entries:
        value: >-
          2 + (has_aff ? 1 : 0) + (has_bias ? 1 : 0) + (has_cat ? 1 : 0) + (has_gate ? 1 : 0) + (has_grid ? 1 : 0)
          + (has_head ? 1 : 0) + (has_jpeg ? 1 : 0) + (has_like ? 1 : 0) + (has_mlp ? 1 : 0) + (has_q ? 1 : 0)
          + (has_rgb ? 1 : 0) + (has_rgb8 ? 1 : 0) + (has_shl ? 1 : 0) + (has_smp ? 1 : 0) + (has_src ? 1 : 0) + (has_t ? 1 : 0) + (has_xy ? 1 : 0)
      num_layers:
        doc: Weight matrices of the network.
        value: "has_head ? (has_mlp ? mlp.widths.size : 0) + 1 : 0"
      num_tensors:
        value: "(has_grid ? 1 : 0) + num_layers * (has_bias ? 1 : 2)"
      num_features:
        doc: Inputs of the network.
        value: >-
          (has_grid ? grid.channels.value : 0) + (has_xy ? 4 * xy.value : 0)
          + (has_rgb ? 3 * ((has_t ? 0 : 1) + 2 * rgb.value) : 0)
  key:
    seq:
      - id: format
        type: u1
        valid:
          min: 0xa1
          max: 0xa4
      - id: name
        type: str
        size: format & 0x1f
        encoding: ISO-8859-1
  integer:
    doc: A canonical, unsigned MessagePack integer from `low` to `high`.
    params:
      - id: low
        type: u4
      - id: high
        type: u4
    seq:
      - id: format
        type: u1
        valid:
          expr: _ <= 0x7f or (_ >= 0xcc and _ <= 0xce)
      - id: in_1
        type: u1
        if: format == 0xcc
        valid:
          min: 0x80
      - id: in_2
        type: u2
        if: format == 0xcd
        valid:
          min: 0x100
      - id: in_4
        type: u4
        if: format == 0xce
        valid:
          min: 0x10000
      - id: in_range
        size: 0
        valid:
          expr: value >= low and value <= high
    instances:
      value:
        value: "format <= 0x7f ? format : format == 0xcc ? in_1 : format == 0xcd ? in_2 : in_4"
  keyed_integer:
    params:
      - id: low
        type: u4
      - id: high
        type: u4
    seq:
      - id: key
        type: key
      - id: integer
        type: integer(low, high)
    instances:
      value:
        value: integer.value
  keyed_false:
    doc: The default is true, so that only false can stand there.
    seq:
      - id: key
        type: key
      - id: format
        type: u1
        valid: 0xc2
  keyed_digest:
    seq:
      - id: key
        type: key
      - id: format
        contents: [0xc4, 0x10]
      - id: digest
        size: 16
  keyed_shoulder:
    seq:
      - id: key
        type: key
      - id: format
        contents: [0xc4, 0x0c]
      - id: channels
        type: shouldered_channel
        repeat: expr
        repeat-expr: 3
      - id: some_end_has_codes
        size: 0
        valid:
          expr: "channels[0].has_codes or channels[1].has_codes or channels[2].has_codes"
  shouldered_channel:
    seq:
      - id: dark
        type: "end_of_codes(false)"
      - id: bright
        type: "end_of_codes(true)"
    instances:
      has_codes: {value: dark.num_codes + bright.num_codes > 0}
  end_of_codes:
    doc: The codes at one end of a channel that reach beyond it, and by how much each step grows, in sixteenths.
    params:
      - id: is_bright
        type: bool
    seq:
      - id: num_codes
        type: u1
        valid:
          max: 8
      - id: growth
        type: u1
        valid:
          expr: "(_ == 0) == (num_codes == 0) and _ <= (is_bright ? most_bright : most_dark)"
    instances:
      most_dark:
        value: "num_codes < 4 ? 255 : num_codes == 4 ? 222 : num_codes == 5 ? 121 : num_codes == 6 ? 78 : num_codes == 7 ? 57 : 43"
      most_bright:
        value: "num_codes < 3 ? 255 : num_codes == 3 ? 169 : num_codes == 4 ? 82 : num_codes == 5 ? 51 : num_codes == 6 ? 36 : num_codes == 7 ? 27 : 22"
  keyed_likeness:
    seq:
      - id: key
        type: key
      - id: format
        contents: [0xc4, 0x47]
      - id: likeness
        size: 71
  keyed_affine:
    doc: "(a, b, c, d, e, f): u' = a u + b v + c, v' = d u + e v + f."
    seq:
      - id: key
        type: key
      - id: format
        type: u1
        valid: 0x96
      - id: coefficients
        type: coefficient
        repeat: expr
        repeat-expr: 6
      - id: not_identity
        size: 0
        valid:
          expr: >-
            not (coefficients[0].value == 1 and coefficients[1].value == 0 and coefficients[2].value == 0
            and coefficients[3].value == 0 and coefficients[4].value == 1 and coefficients[5].value == 0)
  coefficient:
    seq:
      - id: format
        type: u1
        valid: 0xca
      - id: not_negative_zero
        size: 0
        valid:
          expr: bits != 0x80000000
      - id: value
        type: f4
        valid:
          min: -16
          max: 16
    instances:
      bits:
        pos: _io.pos
        type: u4
  keyed_grid:
    seq:
      - id: key
        type: key
      - id: format
        type: u1
        valid: 0x93
      - id: channels
        type: integer(1, 256)
      - id: height
        type: integer(2, 32768)
      - id: width
        type: integer(2, 32768)
      - id: nodes_within_limit
        size: 0
        valid:
          expr: height.value * width.value <= 65536
  keyed_widths:
    seq:
      - id: key
        type: key
      - id: format
        type: u1
        valid:
          min: 0x91
          max: 0x97
      - id: widths
        type: integer(1, 256)
        repeat: expr
        repeat-expr: num_widths
    instances:
      num_widths:
        # Not in repeat-expr itself: the JavaScript of compiler 0.11 would take `i < format & 0x0f` as `(i < format) & 0x0f`.
        value: format & 0x0f
  keyed_encodings:
    params:
      - id: num_tensors
        type: u4
    seq:
      - id: key
        type: key
      - id: format
        type: u1
        valid:
          expr: (_ >= 0x90 and _ <= 0x9f) or _ == 0xdc
      - id: many
        type: u2
        if: format == 0xdc
        valid:
          min: 16
      - id: one_for_each_tensor
        size: 0
        valid:
          expr: num_encodings == num_tensors
      - id: encodings
        type: encoding
        repeat: expr
        repeat-expr: num_encodings
    instances:
      num_encodings:
        value: "format == 0xdc ? many : format & 0x0f"
  encoding:
    doc: int8 with scale 2^-exponent, int8 with another scale, or float16.
    seq:
      - id: format
        type: u1
        valid:
          expr: _ <= 126 or _ >= 0xe0 or _ == 0xd0 or _ == 0xca or _ == 0xa3
      - id: negative
        type: s1
        if: format == 0xd0
        valid:
          min: -120
          max: -33
      - id: scale_is_normal_and_no_power_of_two
        size: 0
        if: format == 0xca
        valid:
          expr: scale_bits >= 0x00800000 and scale_bits <= 0x7b800000 and scale_bits % 0x800000 != 0
      - id: scale
        type: f4
        if: format == 0xca
      - id: float16
        type: str
        size: 3
        if: format == 0xa3
        valid: '"f16"'
    instances:
      scale_bits:
        pos: _io.pos
        type: u4
      exponent:
        value: "format == 0xd0 ? negative : format >= 0xe0 ? format - 256 : format"
        if: format <= 126 or format >= 0xe0 or format == 0xd0
