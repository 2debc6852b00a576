"""Reads requests of remote write as a receiver does, with Google's own protobuf."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
TYPES = {
    "Label": [("name", FIELD.TYPE_STRING), ("value", FIELD.TYPE_STRING)],
    "Sample": [("value", FIELD.TYPE_DOUBLE), ("timestamp", FIELD.TYPE_INT64)],
    "TimeSeries": [("labels", ".Label"), ("samples", ".Sample")],
    "WriteRequest": [("timeseries", ".TimeSeries")],
}


def _message():
    file = descriptor_pb2.FileDescriptorProto(name="remote.proto", syntax="proto3")
    for name, fields in TYPES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, start=1):
            one = message.field.add(name=field, number=number)
            if isinstance(kind, str):
                one.label, one.type_name = FIELD.LABEL_REPEATED, kind
            else:
                one.label, one.type = FIELD.LABEL_OPTIONAL, kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("WriteRequest"))


Request = _message()


def read(body):
    """Return the series of a request as [(labels, [(ms, value)])]."""
    return [
        (
            {label.name: label.value for label in series.labels},
            [(sample.timestamp, sample.value) for sample in series.samples],
        )
        for series in Request.FromString(uncompressed(body)).timeseries
    ]


def uncompressed(block):
    """Return what is in a block of Snappy's that has literals only."""
    length, at = _varint(block)
    found = b""
    while at < len(block):
        assert block[at] == 61 << 2, "a literal with two bytes of length"
        size = int.from_bytes(block[at + 1 : at + 3], "little") + 1
        found += block[at + 3 : at + 3 + size]
        at += 3 + size
    assert len(found) == length
    return found


def _varint(block):
    number = at = 0
    while True:
        number |= (block[at] & 0x7F) << 7 * at
        at += 1
        if block[at - 1] < 0x80:
            return number, at
