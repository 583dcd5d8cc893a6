#!/usr/bin/env python3
"""Weight files that break one rule each, named for it; tests/hostile/*/expected.tsv, written by
hand, says what is expected of them.

Writes tests/hostile/{torch_zip,safetensors,index,json}/. Pickles of attacks are put together from
opcodes, as others are: nothing here runs or loads one.
"""

import json
import shutil
import struct
import zlib
from pathlib import Path

OUTPUT = Path(__file__).resolve().parents[3] / "tests" / "hostile"
MOST = 2**63 - 1


# ---- ZIP

def zip_file(members, end=b"", shift=0):
    """An archive of stored entries: (name, bytes) and what to replace in its headers."""
    out, directory = b"", b""
    for name, data, *rest in members:
        change = rest[0] if rest else {}
        name = name if isinstance(name, bytes) else name.encode()
        fields = dict(flags=0, method=0, crc=zlib.crc32(data), stored=len(data), size=len(data),
                      offset=len(out), comment=b"", local=b"PK\3\4", extra=b"") | change
        local_name = fields.get("local_name", name)
        kind = struct.pack("<HHHH", fields["flags"], fields["method"], 0, 0)
        sizes = struct.pack("<III", fields["crc"], fields["stored"], fields["size"])
        local_sizes = sizes
        if "local_size" in fields:
            local_sizes = struct.pack("<III", fields["crc"], fields["local_size"],
                                      fields["local_size"])
        out += (fields["local"] + struct.pack("<H", 20) + kind + local_sizes +
                struct.pack("<HH", len(local_name), 0) + local_name + data +
                fields.get("after", b""))
        directory += (b"PK\1\2" + struct.pack("<HH", 0, 20) + kind + sizes +
                      struct.pack("<HHHHHII", len(name), len(fields["extra"]),
                                  len(fields["comment"]), 0, 0, 0, fields["offset"]) +
                      name + fields["extra"] + fields["comment"])
    return out + directory + end + struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, 0, len(members), len(members), len(directory),
        len(out) + shift, 0)


def torch_file(pickle, storages=(("0", b"1234"),), *more):
    members = [("model/data.pkl", pickle),
               *((f"model/data/{key}", data, *rest) for key, data, *rest in storages), *more]
    if not any(member[0] == "model/version" for member in more):
        members.append(("model/version", b"3\n"))
    return zip_file(members)


# ---- pickles

def get_global(module, name):
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def text(string):
    data = string if isinstance(string, bytes) else string.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def numbers(values):
    return b"(" + b"".join(map(number, values)) + b"t"


PROTO = b"\x80\x02"
ORDERED_DICT = get_global("collections", "OrderedDict") + b")R"
REBUILD = get_global("torch._utils", "_rebuild_tensor_v2")


def storage(key="0", elements=1, kind="FloatStorage"):
    return (b"(" + text("storage") + get_global("torch", kind) + text(key) + text("cpu") +
            number(elements) + b"tQ")


def tensor(stored=None, offset=0, shape=(1,), strides=(1,), hooks=ORDERED_DICT, more=b""):
    return (REBUILD + b"(" + (stored or storage()) + number(offset) + numbers(shape) +
            numbers(strides) + b"\x89" + hooks + more + b"tR")


def state_dict(*entries):
    return PROTO + ORDERED_DICT + b"(" + b"".join(text(k) + v for k, v in entries) + b"u."


def one_tensor(data=b"1234", **options):
    return torch_file(state_dict(("w", tensor(**options))), [("0", data)])


def runs(module, name, *arguments):
    """What would call a function: a REDUCE with strings for arguments, where a tensor should be."""
    call = get_global(module, name) + b"(" + b"".join(map(text, arguments)) + b"tR"
    return torch_file(state_dict(("w", call)))


def pickled(body):
    return torch_file(PROTO + body + b".", [])


def torch_zips():
    good = state_dict(("w", tensor()))
    files = {
        # What pickles do that are made to run something.
        "os_system": runs("os", "system", "touch /tmp/finemix-was-here"),
        "posix_system": runs("posix", "system", "touch /tmp/finemix-was-here"),
        "builtins_eval": runs("builtins", "eval", "print(1)"),
        "builtins_exec": runs("builtins", "exec", "print(1)"),
        "builtins_getattr": runs("builtins", "getattr", "os", "system"),
        "subprocess_popen": runs("subprocess", "Popen", "id"),
        "torch_load": runs("torch", "load", "other.bin"),
        "torch_hub_load": runs("torch.hub", "load", "org/repository", "model"),
        "numpy_load": runs("numpy", "load", "x.npy"),
        "webbrowser_open": runs("webbrowser", "open", "http://localhost/"),
        "socket": runs("socket", "create_connection", "localhost"),
        "importlib": runs("importlib", "import_module", "os"),
        "lookalike_global": runs("collections", "OrderedDict.fromkeys", "w"),
        "escape_in_global": runs("os\x1b[2J", "system"),
        "nested_reduce": pickled(get_global("collections", "OrderedDict") + b")R)R" * 1000),
        "reduce_of_result": pickled(ORDERED_DICT + b")R"),
        "reduce_type": pickled(get_global("torch", "FloatStorage") + b")R"),
        "reduce_arguments": pickled(get_global("collections", "OrderedDict") + b"N\x85R"),
        "opcode_inst": pickled(b"(ios\nsystem\n"),
        "opcode_obj": pickled(b"(" + get_global("collections", "OrderedDict") + b"o"),
        "opcode_newobj": pickled(get_global("collections", "OrderedDict") + b")\x81"),
        "opcode_stack_global": pickled(text("os") + text("system") + b"\x93"),
        "opcode_ext1": pickled(b"\x82\x01"),
        "opcode_persid": pickled(b"P0\n"),
        "opcode_unknown": pickled(b"\xff"),
        "build_state": pickled(get_global("collections", "OrderedDict") + b"}b"),
        # Memo, stack and sizes.
        "memo_bomb": pickled(b"}r\xff\xff\xff\xff"),
        "memo_unset": pickled(b"h\x07"),
        "memo_cycle": pickled(b"}q\x00" + text("self") + b"h\x00s"),
        "stack_bomb": pickled(b"N" * 10_001),
        "mark_bomb": pickled(b"(" * 10_001),
        "tuple_bomb": pickled(b"N" + b"q\x00h\x00\x86" * 40),
        "nested_tuples": pickled(b"N" + b"\x85" * 5_000),
        "stack_empty": pickled(b"R"),
        "stack_below_mark": pickled(ORDERED_DICT + b"(R"),
        "stack_left_over": pickled(b"}}"),
        "mark_missing": pickled(b"}t"),
        "string_length": pickled(b"X\xff\xff\xff\xff"),
        "long_int": pickled(b"\x8a\xff" + bytes(255)),
        "long_global": pickled(b"c" + b"x" * 1000 + b"\n\n"),
        "no_stop": torch_file(PROTO + b"}", []),
        "bytes_after_stop": torch_file(PROTO + b"}.}.", []),
        "protocol_4": torch_file(b"\x80\x04}.", []),
        "protocol_missing": torch_file(b"}.", []),
        "empty_pickle": torch_file(b"", []),
        # What a state dict is.
        "value_is_a_dict": torch_file(state_dict(("model", ORDERED_DICT)), []),
        "value_is_an_int": torch_file(state_dict(("epoch", b"K\x03")), []),
        "not_a_dict": pickled(b"K\x03"),
        "key_is_an_int": torch_file(PROTO + b"}K\x01" + tensor() + b"s."),
        "duplicate_name": torch_file(state_dict(("w", tensor()), ("w", tensor()))),
        "empty_name": torch_file(state_dict(("", tensor()))),
        "long_name": torch_file(state_dict(("n" * 1025, tensor()))),
        "name_from_memo": torch_file(
            PROTO + ORDERED_DICT + text("n" * 1000) + b"q\0" + tensor() + b"q\1s" +
            b"(h\0h\1h\0h\1u."),
        "control_in_name": torch_file(state_dict(("a\x1b[2J", tensor()))),
        "surrogate_in_name": torch_file(state_dict((b"\xed\xa0\x80", tensor()))),
        # Tensors and storages.
        "wrong_storage_size": one_tensor(stored=storage(elements=2)),
        "storage_not_whole": one_tensor(b"12345"),
        "storage_wraps": one_tensor(stored=storage(elements=2**62 + 1)),
        "storage_negative": one_tensor(stored=storage(elements=-1)),
        "storage_missing": one_tensor(stored=storage("7")),
        "storage_elsewhere": one_tensor(stored=storage("../data.pkl")),
        "storage_unused": torch_file(good, [("0", b"1234"), ("1", b"hidden")]),
        "storage_of_two_dtypes": torch_file(state_dict(
            ("a", tensor()), ("w", tensor(storage(kind="IntStorage"))))),
        "storage_untyped": one_tensor(stored=b"(" + text("storage") + get_global(
            "torch.storage", "UntypedStorage") + text("0") + text("cpu") + number(4) + b"tQ"),
        "storage_complex": one_tensor(bytes(8), stored=storage(kind="ComplexFloatStorage")),
        "persistent_id": pickled(text("0") + b"Q"),
        "persistent_id_short": pickled(b"(" + text("storage") + b"tQ"),
        "persistent_id_module": pickled(b"(" + text("module") + get_global(
            "torch", "FloatStorage") + text("0") + text("cpu") + number(1) + b"tQ"),
        "quantized": torch_file(state_dict(
            ("w", get_global("torch._utils", "_rebuild_qtensor") + b")R"))),
        "shape_beyond_storage": one_tensor(shape=(226 * 2**30,)),
        "offset_beyond_storage": one_tensor(offset=1),
        "stride_beyond_storage": one_tensor(shape=(2,), strides=(MOST,)),
        "offset_negative": one_tensor(offset=-1),
        "shape_negative": one_tensor(shape=(-1,)),
        "stride_negative": one_tensor(shape=(1,), strides=(-1,)),
        "overflow_zero_first": one_tensor(shape=(0, 2**40, 2**40), strides=(1, 1, 1)),
        "overflow_zero_last": one_tensor(shape=(2**40, 2**40, 0), strides=(1, 1, 1)),
        "overflow_stride": one_tensor(shape=(2**40,), strides=(2**40,)),
        "overflow_offset": one_tensor(offset=MOST, shape=(2,)),
        "expanded": one_tensor(shape=(2**40,), strides=(0,)),
        "overlapping_rows": one_tensor(bytes(16), stored=storage(elements=4), shape=(2, 2),
                                       strides=(1, 1)),
        "strides_missing": one_tensor(shape=(1, 1)),
        "many_dimensions": one_tensor(shape=(1,) * 33, strides=(1,) * 33),
        "tied_bomb": torch_file(PROTO + b"}(" + text("0") + tensor(storage(elements=1000), 0,
                                                                (1000,)) + b"q\x00" +
                                b"".join(text(str(i)) + b"h\x00" for i in range(1, 300)) + b"u.",
                                [("0", bytes(4000))]),
        "backward_hooks": one_tensor(hooks=b"}" + text("hook") + b"Ns"),
        "negated": one_tensor(more=b"}" + text("neg") + b"\x88s"),
        "bool_of_two": one_tensor(b"\2", stored=storage(kind="BoolStorage")),
        # The archive.
        "legacy": bytes.fromhex("80028a0a6cfc9c46f9206aa850192e80024de9032e"),
        "plain_pickle": PROTO + b"}.",
        "not_a_zip": b"GIF89a, or anything else",
        "empty": b"",
        "cut_short": torch_file(good)[:-30],
        "byte_missing": torch_file(good)[:-1],
        "bytes_appended": torch_file(good) + b"#!/bin/sh\n",
        "archive_comment": torch_file(good)[:-2] + b"\x05\x00hello",
        "bytes_before": torch_file(good),
        "no_pickle": zip_file([("model/version", b"3\n")]),
        "no_folder": zip_file([("data.pkl", PROTO + b"}.")]),
        "two_folders": zip_file([("a/data.pkl", PROTO + b"}."), ("b/data.pkl", good)]),
        "two_pickles": zip_file([("a/data.pkl", PROTO + b"}."), ("a/data.pkl", good)]),
        "compressed": torch_file(good, [("0", b"1234", {"method": 8})]),
        "encrypted": torch_file(good, [("0", b"1234", {"flags": 1})]),
        "strange_flags": torch_file(good, [("0", b"1234", {"flags": 0x40})]),
        "parent_path": torch_file(good, [("0", b"1234")], ("model/../../x", b"")),
        "absolute_path": torch_file(good, [("0", b"1234")], ("/etc/passwd", b"")),
        "backslash_path": torch_file(good, [("0", b"1234")], ("model/..\\x", b"")),
        "directory_entry": torch_file(good, [("0", b"1234")], ("model/data/", b"")),
        "nul_in_entry": torch_file(good, [("0", b"1234")], (b"model/version\0.txt", b"")),
        "script": torch_file(good, [("0", b"1234")], ("model/code/model.py", b"import os")),
        "entry_comment": torch_file(good, [("0", b"1234", {"comment": b"hello"})]),
        "local_name_differs": torch_file(good, [("0", b"1234", {"local_name": b"model/data/1"})]),
        "local_size_differs": torch_file(good, [("0", b"1234", {"local_size": 3})]),
        "local_header_missing": torch_file(good, [("0", b"1234", {"local": b"PK\0\0"})]),
        "stored_size_differs": torch_file(good, [("0", b"1234", {"stored": 3})]),
        "entry_overlaps": torch_file(good, [("0", b"1234", {"stored": 5, "size": 5})],
                                     ("model/version", b"3\n")),
        "entries_share_bytes": torch_file(good, [("0", b"1234"), ("1", b"5678", {"offset": 0})]),
        "hole": torch_file(good, [("0", b"1234", {"after": b"hidden"})]),
        "descriptor_missing": torch_file(good, [("0", b"1234", {"flags": 8})]),
        "offset_beyond_file": torch_file(good, [("0", b"1234", {"offset": 0xFFFFFFF0})]),
        "zip64_field_missing": torch_file(good, [("0", b"1234", {"size": 0xFFFFFFFF})]),
        "zip64_locator_astray": zip_file([("model/data.pkl", PROTO + b"}.")],
                                         bytes(56) + b"PK\6\7" + bytes(16)),
        "directory_astray": zip_file([("model/data.pkl", PROTO + b"}.")], shift=1),
        "count_too_large": b"",
        "count_too_small": b"",
        "checksum_wrong": zip_file([("model/data.pkl", PROTO + b"}.", {"crc": 1})]),
        "version_missing": zip_file([("model/data.pkl", PROTO + b"}.")]),
        "version_unknown": torch_file(good, [("0", b"1234")], ("model/version", b"11\n")),
        "version_is_a_word": torch_file(good, [("0", b"1234")], ("model/version", b"three")),
        "big_endian": torch_file(good, [("0", b"1234")], ("model/byteorder", b"big")),
    }
    # Those that are made of a good file by hand.
    one = zip_file([("model/data.pkl", PROTO + b"}.")])
    moved = zip_file([("model/data.pkl", PROTO + b"}.", {"offset": 10})], shift=10)
    files["bytes_before"] = b"PK\3\4prefix" + moved
    files["count_too_large"] = one[:-14] + struct.pack("<HH", 2, 2) + one[-10:]
    two = zip_file([("model/data.pkl", PROTO + b"}."), ("model/version", b"3\n")])
    files["count_too_small"] = two[:-14] + struct.pack("<HH", 1, 1) + two[-10:]
    return {name + ".bin": data for name, data in files.items()}


# ---- safetensors

def safetensors(header, data=b"", length=None):
    if not isinstance(header, (bytes, str)):
        header = json.dumps(header, separators=(",", ":"))
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(dtype="U8", shape=(4,), offsets=(0, 4), **more):
    return dict(dtype=dtype, shape=list(shape), data_offsets=list(offsets), **more)


def one_entry(data=b"1234", **options):
    return safetensors({"w": entry(**options)}, data)


EMPTY = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'


def safetensors_files():
    files = {
        "empty_file": b"",
        "no_room_for_length": b"1234567",
        "header_beyond_file": safetensors("{}", length=3),
        "header_length_huge": safetensors("{}", length=2**64 - 1),
        "header_over_limit": struct.pack("<Q", 100_000_001) + b"{}",
        "not_an_object": safetensors("[]"),
        "leading_blank": safetensors(" {}"),
        "byte_order_mark": safetensors(b"\xef\xbb\xbf{}"),
        "not_json": safetensors("{,}"),
        "bytes_after_json": safetensors("{}x"),
        "invalid_utf8": safetensors(b'{"\xff":' + EMPTY.encode() + b"}"),
        "nul_byte": safetensors(b"{}\0"),
        "nested": safetensors('{"w":{"dtype":"U8","shape":[[[0]]],"data_offsets":[0,0]}}'),
        "deep": safetensors('{"w":' + "[" * 2000 + "]" * 2000 + "}"),
        "entry_is_a_number": safetensors('{"w":1}'),
        "dtype_missing": safetensors('{"w":{"shape":[0],"data_offsets":[0,0]}}'),
        "shape_missing": safetensors('{"w":{"dtype":"U8","data_offsets":[0,0]}}'),
        "offsets_missing": safetensors('{"w":{"dtype":"U8","shape":[0]}}'),
        "unknown_key": one_entry(stride=[1]),
        "dtype_unknown": one_entry(dtype="F128"),
        "dtype_lower_case": one_entry(dtype="u8"),
        "dtype_is_a_number": one_entry(dtype=8),
        "shape_is_a_number": safetensors('{"w":{"dtype":"U8","shape":4,"data_offsets":[0,4]}}',
                                         b"1234"),
        "shape_negative": one_entry(shape=(-4,)),
        "shape_fraction": one_entry(shape=(4.0,)),
        "shape_over_63_bits": one_entry(shape=(2**63,)),
        "shape_over_64_bits": one_entry(shape=(2**64,)),
        "many_dimensions": one_entry(shape=(1,) * 32 + (4,)),
        "one_offset": one_entry(offsets=(0,)),
        "three_offsets": one_entry(offsets=(0, 4, 4)),
        "offsets_backwards": one_entry(offsets=(4, 0)),
        "offset_beyond_file": one_entry(offsets=(0, 5)),
        "offsets_wrap": one_entry(offsets=(2**64 - 4, 2**64)),
        "size_not_shape_times_width": one_entry(dtype="F32", shape=(2,)),
        "overflow": one_entry(shape=(2**40, 2**40)),
        "overflow_zero_first": safetensors({"w": entry("F32", (0, 2**40, 2**40), (0, 0))}),
        "overflow_zero_last": safetensors({"w": entry("F32", (2**40, 2**40, 0), (0, 0))}),
        "overlap": safetensors({"a": entry(shape=(3,), offsets=(0, 3)),
                                "b": entry(shape=(2,), offsets=(2, 4))}, b"1234"),
        "same_bytes": safetensors({"a": entry(), "b": entry()}, b"1234"),
        "hole": safetensors({"a": entry(shape=(1,), offsets=(0, 1)),
                             "b": entry(shape=(2,), offsets=(2, 4))}, b"1234"),
        "hole_first": one_entry(shape=(3,), offsets=(1, 4)),
        "bytes_after_last": one_entry(shape=(3,), offsets=(0, 3)),
        "duplicate_key": safetensors(f'{{"w":{EMPTY},"w":{EMPTY}}}'),
        "duplicate_key_escaped": safetensors(f'{{"a":{EMPTY},"\\u0061":{EMPTY}}}'),
        "duplicate_field": safetensors(
            '{"w":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
        "empty_name": safetensors(f'{{"":{EMPTY}}}'),
        "long_name": safetensors(f'{{"{"n" * 1025}":{EMPTY}}}'),
        "control_in_name": safetensors(f'{{"\\u001b[2J":{EMPTY}}}'),
        "c1_control_in_name": safetensors(f'{{"\\u009b":{EMPTY}}}'),
        "lone_surrogate": safetensors(f'{{"\\ud800":{EMPTY}}}'),
        "metadata_is_a_list": safetensors('{"__metadata__":[]}'),
        "metadata_of_a_number": safetensors('{"__metadata__":{"a":1}}'),
        "metadata_twice": safetensors('{"__metadata__":{},"__metadata__":{}}'),
        "metadata_key_twice": safetensors('{"__metadata__":{"a":"1","a":"2"}}'),
        "bool_of_two": one_entry(b"\0\1\2\1", dtype="BOOL"),
    }
    return {name + ".safetensors": data for name, data in files.items()}


# ---- directories with an index

def shard(*names):
    header = {name: entry(shape=(1,), offsets=(i, i + 1)) for i, name in enumerate(names)}
    return safetensors(header, bytes(len(names)))


def indexes():
    index = "model.safetensors.index.json"
    torch_index = "pytorch_model.bin.index.json"
    one = {"one.safetensors": shard("a")}

    def of(weight_map, shards, name=index):
        return {name: json.dumps({"weight_map": weight_map}).encode(), **shards}

    return {
        "parent_path": of({"a": "../parent_path/one.safetensors"}, one),
        "absolute_path": of({"a": "/etc/passwd"}, one),
        "sub_directory": of({"a": "sub/one.safetensors"}, {"sub/one.safetensors": shard("a")}),
        "backslash": of({"a": "sub\\one.safetensors"}, one),
        "dot_dot": of({"a": ".."}, one),
        "empty_name": of({"a": ""}, one),
        "nul_in_name": of({"a": "one.safetensors\0"}, one),
        "long_name": of({"a": "n" * 256}, one),
        "shard_is_a_link": of({"a": "link.safetensors"}, one),
        "config_is_a_link": {"other.json": b"{}", "model.safetensors": shard("a")},
        "index_is_a_link": {**one, "other.json": b'{"weight_map":{"a":"one.safetensors"}}'},
        "weights_are_a_link": one,
        "torch_weights_are_a_link": {"one.bin": one_tensor()},
        "shard_is_a_directory": of({"a": "sub"}, {"sub/one.safetensors": shard("a")}),
        "shard_missing": of({"a": "two.safetensors"}, one),
        "shard_malformed": of({"a": "one.safetensors"}, {"one.safetensors": b"junk"}),
        "tensor_in_two_shards": of({"a": "one.safetensors", "b": "two.safetensors"},
                                   {"one.safetensors": shard("a"),
                                    "two.safetensors": shard("a", "b")}),
        "tensor_listed_twice": {**one, index: b'{"weight_map":{"a":"one.safetensors",'
                                              b'"\\u0061":"two.safetensors"}}'},
        "tensor_not_listed": of({"a": "one.safetensors"}, {"one.safetensors": shard("a", "b")}),
        "tensor_not_there": of({"a": "one.safetensors", "b": "one.safetensors"}, one),
        "many_shards": of({str(i): f"{i}.safetensors" for i in range(513)}, {}),
        "no_weight_map": {index: b"{}"},
        "weight_map_is_a_list": {index: b'{"weight_map":[]}'},
        "shard_is_a_number": {index: b'{"weight_map":{"a":1}}'},
        "index_is_cut_short": {index: b'{"weight_map":{"a":'},
        "torch_parent_path": of({"a": "../x.bin"}, {}, torch_index),
        "torch_tensor_in_two_shards": of(
            {"w": "one.bin", "x": "two.bin"},
            {"one.bin": one_tensor(), "two.bin": torch_file(
                state_dict(("w", tensor()), ("x", tensor())))}, torch_index),
        "torch_shard_is_safetensors": of({"a": "one.safetensors"}, one, torch_index),
        "safetensors_shard_is_torch": of({"w": "one.bin"}, {"one.bin": one_tensor()}),
    }


# ---- JSON

def jsons():
    files = {
        "depth_65": b"[" * 65 + b"]" * 65,
        "depth_1000": b'{"a":' * 1000 + b"1" + b"}" * 1000,
        "duplicate_key": b'{"a":1,"a":2}',
        "duplicate_key_escaped": b'{"a":1,"\\u0061":2}',
        "duplicate_key_deep": b'[{"b":{"a":1,"a":2}}]',
        "number_beyond_double": b'{"a":1e999}',
        "number_nan": b'{"a":NaN}',
        "number_infinity": b'{"a":-Infinity}',
        "number_hexadecimal": b'{"a":0x10}',
        "number_leading_zero": b'{"a":010}',
        "comment": b'{"a":1} // hello',
        "trailing_comma": b'{"a":1,}',
        "trailing_bytes": b'{"a":1}{}',
        "single_quotes": b"{'a':1}",
        "byte_order_mark": b'\xef\xbb\xbf{"a":1}',
        "nul_byte": b'{"a":1}\0',
        "invalid_utf8": b'{"a":"\xc0\xaf"}',
        "lone_surrogate": b'{"a":"\\ud800"}',
        "control_in_string": b'{"a":"\n"}',
        "empty": b"",
        "cut_short": b'{"a":[1,2',
    }
    return {name + ".json": data for name, data in files.items()}


# Names of files that are links, and where they lead.
LINKS = {
    "shard_is_a_link": ("link.safetensors", "one.safetensors"),
    "config_is_a_link": ("config.json", "other.json"),
    "index_is_a_link": ("model.safetensors.index.json", "other.json"),
    "weights_are_a_link": ("model.safetensors", "one.safetensors"),
    "torch_weights_are_a_link": ("pytorch_model.bin", "one.bin"),
}


def write(what, files):
    for path in OUTPUT.glob(f"{what}/*"):
        if path.name != "expected.tsv":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (OUTPUT / what).mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (OUTPUT / what / name).parent.mkdir(parents=True, exist_ok=True)
        (OUTPUT / what / name).write_bytes(data)


def main():
    write("torch_zip", torch_zips())
    write("safetensors", safetensors_files())
    write("index", {f"{name}/{file}": data for name, files in indexes().items()
                    for file, data in {"config.json": b"{}\n", **files}.items()})
    for name, (link, target) in LINKS.items():
        (OUTPUT / "index" / name / link).unlink(missing_ok=True)
        (OUTPUT / "index" / name / link).symlink_to(target)
    write("json", jsons())


if __name__ == "__main__":
    main()
