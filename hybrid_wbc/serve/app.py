"""The application: which addresses there are, what they take, and how a refusal is written."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Collection
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from hybrid_wbc import __version__
from hybrid_wbc.errors import InputError
from hybrid_wbc.report.pages import served
from hybrid_wbc.serve.answers import (
    Answer,
    Counted,
    Embedding,
    Explained,
    Health,
    Refusal,
    Slide,
)
from hybrid_wbc.serve.guard import Guard
from hybrid_wbc.serve.limits import Limits, RefusedError, Room
from hybrid_wbc.serve.service import Service
from hybrid_wbc.serve.uploads import received, received_json
from hybrid_wbc.serve.worker import Steps, Worker
from hybrid_wbc.studies.looking import Wanted
from hybrid_wbc.studies.model import Model

T = TypeVar("T")

_DESCRIPTION = (
    "Finds the white cells of smears, names them, and counts them. For research; not for "
    "diagnosis. Pictures are held in memory while they are worked at, and never written."
)
_WHY = {
    400: "The upload cannot be read",
    408: "The upload was too slow",
    413: "Too large",
    415: "Not a picture",
    422: "Cannot be answered",
    503: "Too busy",
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": why} for status, why in _WHY.items()
}
_FILE = {"type": "string", "format": "binary"}


def _form(content: dict[str, Any]) -> dict[str, Any]:
    """Describe the body of a request with files: it is read piece by piece, not by FastAPI."""
    schema = {"type": "object", "properties": content, "required": list(content)}
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


_FILES = _form({"files": {"type": "array", "items": _FILE}})
_ONE_FILE = _form({"file": _FILE})
_SLIDE = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Slide.model_json_schema()}},
    }
}


def make_app(
    model: Model, limits: Limits | None = None, hosts: Collection[str] | None = None
) -> Guard:
    """Make the application for one model.

    Parameters
    ----------
    model : Model
    limits : Limits, optional
    hosts : collection of str, optional
        As for `Guard`.

    Returns
    -------
    Guard
        An ASGI application.
    """
    limits = Limits() if limits is None else limits
    service, room, worker = Service(model), Room(limits.held_bytes), Worker(limits.waiting)
    worker.submit(service.warm())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        worker.stop()

    app = FastAPI(
        title="hybrid_wbc",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    _add_refusals(app)

    async def answered(request: Request, steps: Steps[T]) -> T:
        return await _result(request, worker.submit(steps), limits)

    @app.get("/", include_in_schema=False)
    def page() -> HTMLResponse:
        """Give the page."""
        return HTMLResponse(served.render(_facts(service)))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """Describe the endpoints to people."""
        return HTMLResponse(served.render_docs(app.openapi()))

    @app.get("/own/{name}", include_in_schema=False)
    def own(name: str) -> Response:
        """Give a style or script of the page."""
        if name not in served.FILES:
            raise RefusedError(404, f"/own/{name[:100]}: there is nothing here")
        return Response(served.file(name), media_type=served.FILES[name])

    @app.post(
        "/predict",
        responses={200: {"model": Answer}, **_REFUSALS},
        openapi_extra=_FILES,
        summary="Classify pictures of cells, and the cells that are found in smears",
    )
    async def predict(
        request: Request,
        wanted: Annotated[
            Wanted, Query(alias="as", description="What the pictures show.")
        ] = "auto",
        level: Annotated[
            float, Query(gt=0, lt=1, description="How often a set shall hold the true class.")
        ] = 0.9,
        pictures: Annotated[
            bool, Query(description="Send small pictures of cells and smears back.")
        ] = False,
    ) -> Response:
        async with received(request, limits, room) as files:
            steps = service.predict(files, wanted=wanted, level=level, pictures=pictures)
            return await _written(await answered(request, steps))

    @app.post(
        "/explain",
        responses={200: {"model": Explained}, **_REFUSALS},
        openapi_extra=_ONE_FILE,
        summary="Show what raises and lowers the network's numbers for one cell",
    )
    async def explain(
        request: Request,
        square: Annotated[
            str,
            Query(
                pattern=r"^(-?\d{1,6}(,-?\d{1,6}){3})?$",
                description="A cell's `square` as /predict gave it: left,top,right,bottom. Without "
                "it the whole picture is the cell's.",
            ),
        ] = "",
    ) -> Response:
        async with received(request, limits, room) as files:
            left, top, right, bottom = map(int, (square or "0,0,0,0").split(","))
            box = (left, top, right, bottom) if square else None
            return await _written(await answered(request, service.explain(files, box)))

    @app.post(
        "/count",
        responses={200: {"model": Counted}, **_REFUSALS},
        openapi_extra=_SLIDE,
        summary="Count labelled cells, with the limits of counting alone",
    )
    async def count(request: Request) -> Response:
        try:
            slide = Slide.model_validate_json(await received_json(request, limits))
        except ValidationError as error:
            raise RefusedError(422, _words(error.errors())) from None
        return await _written(await asyncio.to_thread(service.count, slide))

    @app.get(
        "/embedding",
        responses={200: {"model": Embedding}, 404: {"model": Refusal, "description": "None"}},
        summary="Give the training cells along two axes of the embedding",
    )
    async def embedding() -> Response:
        found = service.embedding()
        if found is None:
            raise RefusedError(404, "the model has no training cells with features")
        return await _written(found)

    @app.get("/training/{number}", include_in_schema=False)
    async def training(request: Request, number: Annotated[int, Path(ge=0, lt=10**9)]) -> Response:
        """Give the picture of a training cell."""
        picture = await answered(request, service.training_picture(number))
        if picture is None:
            raise RefusedError(404, f"training/{number}: there is no such picture")
        kept = {"Cache-Control": "private, max-age=3600"}
        return Response(picture, media_type="image/webp", headers=kept)

    @app.get("/health", summary="Say whether the model is at work")
    def health(response: Response) -> Health:
        response.status_code = 200 if worker.is_alive else 503
        return {
            "status": "ok" if worker.is_alive else "the model's thread has ended: start again",
            "model": service.name,
            "classes": model.classes,
            "requests": worker.count,
        }

    return Guard(app, hosts)


def _facts(service: Service) -> served.Facts:
    model = service.model
    return {
        "model": service.name,
        "answered_by": service.answers_by,
        "classes": model.classes,
        "synthetic": "SYNTHETIC" in model.mark,
        "private": model.private,
        "explains": model.network is not None,
    }


async def _result(request: Request, future: Future[T], limits: Limits) -> T:
    """Wait for a job as long as somebody waits for its answer, and it may take."""
    end = time.monotonic() + limits.answer_seconds
    waiting = asyncio.wrap_future(future)
    try:
        while not (await asyncio.wait({waiting}, timeout=1.0))[0]:
            if await request.is_disconnected():
                raise RefusedError(400, "nobody waits for the answer any more")
            if time.monotonic() > end:
                raise RefusedError(
                    503,
                    f"there was no answer within {limits.answer_seconds:g} seconds: send fewer or "
                    "smaller pictures",
                )
        return waiting.result()
    finally:
        waiting.cancel()


async def _written(answer: object) -> Response:
    """Write an answer as JSON, which takes time for many cells."""
    text = await asyncio.to_thread(json.dumps, answer, ensure_ascii=False, allow_nan=False)
    return Response(text.encode(), media_type="application/json")


def _add_refusals(app: FastAPI) -> None:
    """Write every refusal the same way."""

    @app.exception_handler(RefusedError)
    async def refused(_: Request, error: RefusedError) -> JSONResponse:
        headers = {"Retry-After": "5"} if error.status == 503 else None
        return JSONResponse({"error": error.words}, error.status, headers)

    @app.exception_handler(InputError)
    async def mistaken(_: Request, error: InputError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": _words(error.errors())}, 422)

    @app.exception_handler(HTTPException)
    async def missing(request: Request, error: HTTPException) -> JSONResponse:
        words = {404: "there is nothing here", 405: f"{request.method} is not answered here"}
        told = words.get(error.status_code, str(error.detail))
        return JSONResponse({"error": f"{request.url.path[:100]}: {told}"}, error.status_code)

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> JSONResponse:
        told = "the program failed at this request; what is written where it was started says why"
        return JSONResponse({"error": told}, 500)


def _words(errors: Any) -> str:
    """Say what is wrong with what was asked, of a few things at most."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg']}, "
        f"received {str(error.get('input'))[:60]!r}"
        for error in errors[:3]
    )
