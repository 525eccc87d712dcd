"""Says what Python's protobuf makes of the cases in the file it is given: the other side of `json_format.rs`."""

import base64
import json
import sys

stubs, cases = sys.argv[1:]
sys.path.insert(0, stubs)

from google.protobuf import json_format

import everything_pb2


def written(message):
    return json.loads(json_format.MessageToJson(message))


def answer(message):
    """Python's JSON of a message, and what Python reads from ours."""
    original = everything_pb2.Everything()
    original.ParseFromString(base64.b64decode(message["proto"]))
    read = json_format.Parse(message["json"], everything_pb2.Everything())
    return {
        "json": json_format.MessageToJson(original),
        # NaN is not equal to itself: bytes are compared, in a fixed order.
        "same": read.SerializeToString(deterministic=True) == original.SerializeToString(deterministic=True),
    }


def reading(text):
    """Python's JSON of what it reads from a text, or null when it refuses."""
    try:
        return {"json": json.dumps(written(json_format.Parse(text, everything_pb2.Everything())))}
    except (json_format.ParseError, ValueError) as error:
        return {"json": None, "why": str(error)}


with open(cases, encoding="utf-8") as file:
    asked = json.load(file)
json.dump(
    {
        "messages": [answer(message) for message in asked["messages"]],
        "inputs": [reading(text) for text in asked["inputs"]],
    },
    sys.stdout,
)
