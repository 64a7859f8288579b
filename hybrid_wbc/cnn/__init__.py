"""Images in, a few numbers a cell out: the only room that imports TensorFlow."""

import os
import sys
from pathlib import Path

# TensorFlow's C++ side writes a dozen lines on every import, whatever its log level.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.stderr.flush()
_stderr = os.dup(2)
try:
    with Path(os.devnull).open("w") as _nowhere:
        os.dup2(_nowhere.fileno(), 2)
    import tensorflow as tf
finally:
    os.dup2(_stderr, 2)
    os.close(_stderr)

# Each repeat builds a network of its own, and TensorFlow warns of every one after the fifth.
tf.get_logger().setLevel("ERROR")
