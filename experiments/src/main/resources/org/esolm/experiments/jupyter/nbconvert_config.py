# Configuration of nbconvert: tells on standard output which cell runs, and why one failed, a line of JSON each.
import json


def tell(**event):
    print("@cell " + json.dumps(event), flush=True)


def start(cell, cell_index):
    if cell.cell_type == "code":
        tell(cell=cell_index)


def error(cell, cell_index, execute_reply):
    tell(cell=cell_index, traceback=execute_reply["content"].get("traceback", []))


c = get_config()  # noqa: F821
c.ExecutePreprocessor.on_cell_start = start
c.ExecutePreprocessor.on_cell_error = error
