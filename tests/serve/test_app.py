"""What a program gets from the endpoints, and what it is told when it gets nothing."""

import io
import json
import os
import runpy
import struct
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from hybrid_wbc.progress import Reporter
from hybrid_wbc.serve.answers import Answer, Counted, Embedding, Explained
from hybrid_wbc.serve.app import make_app
from hybrid_wbc.serve.limits import Limits
from hybrid_wbc.serve.service import Service
from hybrid_wbc.studies.formats import PREDICTED
from hybrid_wbc.studies.predict import predict

_watching: list[list[str]] = []


def _watch(event: str, arguments: tuple) -> None:
    if event == "open" and _watching and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        _watching[-1].append(str(arguments[0]))


@contextmanager
def written():
    """Give the files that are opened for writing meanwhile, whoever opens them."""
    if not _watching:
        sys.addaudithook(_watch)
    _watching.append([])
    yield _watching[-1]
    _watching.append([])


Mapper = runpy.run_path(str(Path(__file__).with_name("model_input.py")))["Mapper"]


def ask(client, *files, **query):
    sent = [("files", file) for file in files]
    return client.post("/predict", params=query, files=sent)


def refused(response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()["error"]


def png_of(width: int, height: int) -> bytes:
    """Give a PNG whose header names a size, with nothing but zeros inside."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_smear_and_a_cell_get_what_predict_says_of_the_same_files(
    client, model, smear, make_cell, tmp_path
):
    contents = {"smear.png": smear, "cell.png": make_cell()}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    response = ask(client, *contents.items(), level=0.8)
    assert response.status_code == 200, response.text
    answer = response.json()
    TypeAdapter(Answer).validate_python(answer)
    served = answer["predicted"]
    here = predict(model, [tmp_path / name for name in contents], Reporter(), level=0.8)
    here = json.loads(PREDICTED.text(here))
    for cell in here["cells"]:
        cell["image"] = Path(cell["image"]).name
    assert served["cells"] == here["cells"] and len(served["cells"]) >= 2
    assert {cell["taken_for"] for cell in served["cells"]} == {"smear", "cell"}
    assert served["coverage"] == here["coverage"]
    assert served["slides"][0] | {"name": ""} == here["slides"][0] | {"name": ""}
    assert [smear["lines"] for smear in served["smears"]] == [s["lines"] for s in here["smears"]]
    assert "secret" not in response.text  # where the model lies is nobody's business


def test_each_cell_has_neighbours_a_place_its_square_and_words(client, smear, make_cell):
    answer = ask(client, ("smear.png", smear), ("cell.png", make_cell()), pictures=True).json()
    *in_smear, alone = answer["cells"]
    for beside in answer["cells"]:
        assert [near["distance"] for near in beside["neighbours"]] == sorted(
            near["distance"] for near in beside["neighbours"]
        )
        assert len(beside["neighbours"]) == 5 and len(beside["place"]) == 2
        assert beside["thumbnail"].startswith("data:image/webp;base64,")
    assert alone["square"] is None and alone["name"] == "cell.png"
    left, top, right, bottom = in_smear[0]["square"]
    assert right - left == bottom - top > 0
    smear_shown, cell_shown = answer["previews"]
    assert smear_shown.startswith("data:image/jpeg;base64,") and cell_shown is None
    assert answer["table"]["columns"][0] == "image"
    assert len(answer["table"]["rows"]) == len(answer["cells"])
    picture = client.get(f"/{alone['neighbours'][0]['picture']}")
    assert picture.status_code == 200 and picture.content[8:12] == b"WEBP"
    without = ask(client, ("smear.png", smear)).json()
    assert without["previews"] == [None]
    assert without["cells"][0]["thumbnail"] is None


def test_a_file_that_is_no_picture_is_named_and_the_others_are_answered(client, make_cell):
    answer = ask(client, ("cell.png", make_cell()), ("broken.png", b"no picture"))
    assert answer.status_code == 200
    (skipped,) = answer.json()["predicted"]["skipped"]
    assert skipped.startswith("broken.png: unreadable") and "TIFF" in skipped


def test_what_a_file_is_called_says_nothing_of_what_it_is(client, make_cell):
    page = b"<html><script>alert(1)</script></html>"
    assert "page.png: unreadable" in refused(ask(client, ("page.png", page)), 415)
    assert ask(client, ("cell.txt", make_cell(kind="JPEG"))).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, "empty file"),
        (png_of(60_000, 60_000), 413, "too large: 60000x60000"),
        (png_of(1200, 1000), 413, "too large: 1200x1000 pixels, at most 1,000,000"),
        (bytes(2_500_000), 413, "too large, a file may have 2 MB"),
    ],
)
def test_what_is_empty_or_too_large_is_refused_in_words(client, content, status, words):
    told = refused(ask(client, ("it.png", content)), status)
    assert told.startswith("it.png: ") and words in told
    assert "HYBRID_WBC" not in told


def test_a_bomb_is_refused_by_its_header_before_anything_is_decoded(client, monkeypatch):
    monkeypatch.setattr("hybrid_wbc.serve.service.decode", lambda content: 1 / 0)
    assert "too large" in refused(ask(client, ("bomb.png", png_of(30_000, 30_000))), 413)


def test_a_truncated_picture_is_refused_in_words(client, smear):
    assert "truncated" in refused(ask(client, ("half.png", smear[: len(smear) // 2])), 422)


def test_more_than_a_request_may_bring_is_refused(client, make_cell):
    files = [(f"{n}.png", make_cell()) for n in range(5)]
    assert "one request may bring 4 files" in refused(ask(client, *files), 413)
    heavy = [(f"{n}.png", bytes(1_900_000)) for n in range(3)]
    assert "one request may bring 3 MB" in refused(ask(client, *heavy), 413)
    large = [(f"{n}.png", make_cell(side=900, kind="JPEG")) for n in range(2)]
    assert "1,620,000 pixels in all" in refused(ask(client, *large), 413)


def test_what_is_no_form_or_brings_no_file_is_told_how_it_is_done(client):
    assert "curl -F" in refused(client.post("/predict", content=b"x"), 415)
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    nothing = client.post("/predict", content=b"--b--\r\n", headers=form)
    assert "no file was sent" in refused(nothing, 422)
    broken = client.post("/predict", content=b"something else", headers=form)
    assert "cannot be read" in refused(broken, 400)
    start = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc'
    assert "ended before" in refused(client.post("/predict", content=start, headers=form), 400)
    field = b'--b\r\nContent-Disposition: form-data; name="as"\r\n\r\nsmears\r\n--b--\r\n'
    told = refused(client.post("/predict", content=field, headers=form), 422)
    assert "?as=smears" in told


def test_a_setting_that_is_none_is_named_with_what_was_received(client, make_cell):
    told = refused(ask(client, ("cell.png", make_cell()), **{"as": "dogs", "level": 2}), 422)
    assert "query.as" in told and "'dogs'" in told and "query.level" in told


def test_a_path_in_a_name_leads_nowhere(client, make_cell, tmp_path):
    answer = ask(client, ("../../../etc/cell.png", make_cell()), ("C:\\cell.png", make_cell()))
    assert [cell["image"] for cell in answer.json()["predicted"]["cells"]] == [
        "cell.png",
        "cell (2).png",
    ]


def test_nothing_that_is_sent_is_written(client, smear, make_cell):
    assert ask(client, ("smear.png", smear)).status_code == 200  # what is loaded once, is
    with written() as paths:
        response = ask(client, ("smear.png", smear), ("cell.png", make_cell()), pictures=True)
        ask(client, ("large.png", bytes(2_500_000)))
    assert response.status_code == 200 and paths == []


def test_labels_are_counted_with_the_limits_of_counting_alone(client):
    cells = [{"label": "neutrophil"}] * 6 + [
        {"label": "lymphocyte"}, {"label": "other"}, {"label": "basophil", "unlike": True},
        {"label": "basophil", "cut_off": True},
    ]  # fmt: skip
    counted = client.post("/count", json={"pictures": 2, "cells": cells}).json()
    TypeAdapter(Counted).validate_python(counted)
    told = counted["differential"]
    shares = {line["label"]: line["count"] for line in told["lines"]}
    assert shares == {"neutrophil": 6, "lymphocyte": 1, "eosinophil": 0, "basophil": 0}
    assert (told["cells"], told["unknown"], told["cut_off"], told["smears"]) == (7, 1, 1, 2)
    assert "counting alone" in counted["limits"]
    assert all(line["low_with_errors"] is None for line in told["lines"])


def test_a_count_that_is_none_or_too_long_is_refused(client, model):
    assert "cells: Field required" in refused(client.post("/count", json={}), 422)
    assert "Invalid JSON" in refused(client.post("/count", content=b"{"), 422)
    long = b'{"cells": [' + b" " * 2_100_000 + b"]}"
    assert "larger than 2 MB" in refused(client.post("/count", content=long), 413)


def test_the_embedding_is_that_of_the_training_cells(client, model, make_model):
    found = client.get("/embedding").json()
    TypeAdapter(Embedding).validate_python(found)
    assert len(found["points"]) == len(found["classes"]) == len(model.trained)
    assert [axis[:3] for axis in found["axes"]] == ["PC1", "PC2"]
    assert "no such picture" in refused(client.get("/training/100000"), 404)
    alone = make_model(embedded=None, trained=None, held_out=None, training_samples=None)
    with TestClient(make_app(alone)) as other:
        assert "no training cells" in refused(other.get("/embedding"), 404)
        assert "no such picture" in refused(other.get("/training/0"), 404)


def test_a_model_without_training_cells_answers_all_the_same(make_model, make_cell):
    alone = make_model(embedded=None, trained=None, held_out=None, training_samples=None)
    with TestClient(make_app(alone)) as other:
        answer = ask(other, ("cell.png", make_cell())).json()
    assert answer["cells"][0]["neighbours"] == [] and answer["cells"][0]["place"] is None
    assert answer["predicted"]["cells"][0]["set"] is None and answer["about"] == []


def test_a_cell_is_explained_by_maps_of_what_was_cut_out(make_model, smear, monkeypatch):
    monkeypatch.setattr("hybrid_wbc.serve.service.Mapper", Mapper)
    Mapper.asked.clear()
    with TestClient(make_app(make_model(network="a network"))) as client:
        square = ask(client, ("smear.png", smear)).json()["cells"][0]["square"]
        query = {"square": ",".join(map(str, square))}
        explained = client.post("/explain", params=query, files={"file": ("s.png", smear)})
        assert explained.status_code == 200, explained.text
        told = explained.json()
        TypeAdapter(Explained).validate_python(told)
        assert Mapper.asked == [((1, 32, 32, 3), None)]  # its vote is no softmax
        assert told["maps"][0]["heading"] == "basophil: named by the network, logit 1.50"
        assert told["maps"][0]["gradient"].startswith("data:image/webp")
        assert "conv_3" in told["about"][0]
        far = client.post(
            "/explain", params={"square": "0,0,999999,999999"}, files={"file": ("s.png", smear)}
        )
        assert "square=0,0,999999,999999: none in a picture" in refused(far, 422)
        words = client.post("/explain", params={"square": "a"}, files={"file": ("s.png", smear)})
        assert "query.square" in refused(words, 422)


def test_a_cell_explained_alone_says_that_its_statistics_are_not_those_of_the_table(
    make_model, make_cell, monkeypatch
):
    monkeypatch.setattr("hybrid_wbc.serve.service.Mapper", Mapper)
    with TestClient(make_app(make_model(network="a network", adapts=True))) as client:
        predicted = ask(client, ("cell.png", make_cell())).json()["predicted"]
        assert any("statistics from this one cell" in line for line in predicted["warnings"])
        told = client.post("/explain", files={"file": ("cell.png", make_cell())}).json()
        assert told["about"][0].startswith("Asked about by itself here")


def test_a_model_without_a_network_explains_nothing_and_says_so(client, make_cell):
    response = client.post("/explain", files={"file": ("cell.png", make_cell())})
    assert "no network" in refused(response, 422)


def test_health_names_the_model_and_its_classes(client):
    told = client.get("/health").json()
    assert told["status"] == "ok" and told["model"] == "00007-made-up"
    assert told["classes"][0] == "basophil"


def test_the_page_and_its_description_ask_for_nothing_elsewhere(client):
    for address in ("/", "/docs"):
        text = client.get(address).text
        assert "http://" not in text.replace("http://127.0.0.1:8000", "") and "https://" not in text
        assert "<script>" not in text and "style=" not in text
    assert "For research; not for diagnosis." in client.get("/").text
    for name in ("page.css", "served.css", "served.js", "served_cell.js"):
        assert client.get(f"/own/{name}").status_code == 200
    assert "there is nothing here" in refused(client.get("/own/..%2Fserved.py"), 404)


def test_the_description_for_programs_has_every_endpoint_and_type(client):
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/predict", "/explain", "/count", "/embedding", "/health"}
    assert {"Answer", "Predicted", "PredictedCell", "Refusal"} <= set(
        described["components"]["schemas"]
    )
    page = client.get("/docs").text
    for name in ("POST /predict", "GET /health", "multipart/form-data", "PredictedCell", "413"):
        assert name in page


def test_every_answer_has_the_headers_that_browsers_want(client, make_cell):
    for response in (
        client.get("/"), client.get("/nothing"), client.get("/health"),
        ask(client, ("cell.png", make_cell())), client.put("/predict"),
    ):  # fmt: skip
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_an_error_of_the_program_is_one_line_and_the_next_request_is_answered(
    client, make_cell, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("hybrid_wbc.serve.service.decode", lambda content: 1 / 0)
        told = refused(ask(client, ("cell.png", make_cell())), 500)
        assert "ZeroDivisionError" not in told
    assert ask(client, ("cell.png", make_cell())).status_code == 200


def test_a_full_house_says_so_and_an_answer_that_takes_too_long_is_given_up(
    make_model, make_cell, monkeypatch
):
    with TestClient(make_app(make_model(), Limits(held_bytes=10))) as client:
        assert "try again" in refused(ask(client, ("cell.png", make_cell())), 503)
    slow = Limits(answer_seconds=0.0)

    def never(self, received, **asked):
        while True:
            yield

    monkeypatch.setattr(Service, "predict", never)
    with TestClient(make_app(make_model(), slow)) as client:
        response = ask(client, ("cell.png", make_cell()))
        assert "no answer within 0 seconds" in refused(response, 503)
        assert response.headers["retry-after"] == "5"


def test_deep_colours_and_alpha_are_read_as_predict_reads_them(client):
    file = io.BytesIO()
    Image.new("RGBA", (50, 50), (200, 90, 160, 128)).save(file, "TIFF")
    assert ask(client, ("cell.tif", file.getvalue())).status_code == 200
