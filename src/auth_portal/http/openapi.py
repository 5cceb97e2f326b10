"""The OpenAPI 3.1 document, derived from the table of routes and the structs of bodies and answers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from auth_portal.http.present import Problem
from auth_portal.http.route import Guard, Route, Says
from auth_portal.http.rules import HttpRules

Json = dict[str, Any]

PARAMETER = re.compile(r"\{(\w+)\}")
WHEN = {
    400: "Not well formed, or a field is wrong",
    401: "Nobody, or nobody any more",
    403: "Not allowed",
    404: "Not there",
    408: "The body did not arrive in time",
    413: "The body is too large",
    415: "Not JSON",
    429: "Too many attempts",
    500: "Our mistake",
    503: "Not just now",
}
SECURITY: dict[Guard, list[Json]] = {
    Guard.NONE: [],
    Guard.ACCESS: [{"accessToken": []}],
    Guard.REFRESH: [{"refreshHeader": []}, {"refreshBearer": []}, {"refreshCookie": []}, {}],
    Guard.ANY: [{"accessToken": []}, {"refreshHeader": []}, {"refreshBearer": []}, {"refreshCookie": []}, {}],
    Guard.OPERATOR: [{"metricsToken": []}, {}],
}


def build_document(routes: Iterable[Route], providers: Sequence[str], rules: HttpRules, version: str) -> Json:
    """The whole document; paths of providers stand in it only when there are providers."""
    listed = [route for route in routes if route.documented and (providers or "{provider}" not in route.path)]
    shapes, schemas = _schemas(listed, rules)
    paths: Json = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shapes, providers)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": rules.app_name,
            "version": version,
            "description": "Sign-in: accounts, sessions, refresh tokens, social sign-in. "
            "Every error is problem details (RFC 9457); the codes are listed at /docs/errors.",
        },
        "servers": [{"url": rules.backend}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _schemes(rules)},
    }


def _schemas(routes: Iterable[Route], rules: HttpRules) -> tuple[dict[type, Json], Json]:
    """A reference for each struct, and the components they refer to."""
    structs: dict[type, None] = {Problem: None}
    for route in routes:
        if route.body is not None:
            structs[route.body.shape] = None
        structs.update({says.shape: None for says in route.says if isinstance(says.shape, type)})
    references, components = msgspec.json.schema_components(
        list(structs), ref_template="#/components/schemas/{name}"
    )
    for name in ("RegisterBody", "ResetBody", "PasswordBody"):
        if name in components:
            components[name]["properties"]["password"] |= {
                "minLength": rules.password_shortest,
                "maxLength": rules.password_longest,
            }
    return dict(zip(structs, references, strict=True)), components


def _operation(route: Route, shapes: Mapping[type, Json], providers: Sequence[str]) -> Json:
    """One method of one path."""
    said: Json = {
        "operationId": f"{route.method.lower()}_{_name(route)}",
        "summary": route.summary,
        "tags": [route.tag],
        "responses": _responses(route, shapes),
    }
    parameters = _parameters(route, providers)
    if parameters:
        said["parameters"] = parameters
    if SECURITY[route.guard]:
        said["security"] = SECURITY[route.guard]
    if route.body is not None:
        required = shapes[route.body.shape]
        needed = any(field.required for field in msgspec.structs.fields(route.body.shape))
        said["requestBody"] = {"required": needed, "content": {"application/json": {"schema": required}}}
    return said


def _name(route: Route) -> str:
    """The path as an identifier."""
    return re.sub(r"\W+", "_", route.path).strip("_")


def _parameters(route: Route, providers: Sequence[str]) -> list[Json]:
    """Those of the path and those of the query."""
    found: list[Json] = []
    for name in PARAMETER.findall(route.path):
        schema: Json = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
        if name == "provider":
            schema = {"type": "string", "enum": list(providers)}
        found.append({"name": name, "in": "path", "required": True, "schema": schema})
    asked: list[Json] = [
        {
            "name": query.name,
            "in": "query",
            "required": query.required,
            "description": query.about,
            "schema": query.schema,
        }
        for query in route.query
    ]
    return found + asked


def _responses(route: Route, shapes: Mapping[type, Json]) -> Json:
    """The good ones as the table says, the others as they follow from guard, body and limit."""
    responses = {str(says.status): _good(says, shapes) for says in route.says}
    problem = {"application/problem+json": {"schema": shapes[Problem]}}
    for status in sorted(refusals_of(route)):
        bad: Json = {"description": WHEN[status], "content": problem}
        headers = _bad_headers(status, route)
        responses[str(status)] = bad | ({"headers": headers} if headers else {})
    return responses


def refusals_of(route: Route) -> set[int]:
    """Every status other than the good ones."""
    statuses = {500, 503, *route.refuses}
    if route.unsafe:
        statuses |= {400, 403, 408, 413, 415}
    if route.guard in {Guard.ACCESS, Guard.REFRESH, Guard.ANY}:
        statuses |= {401}
    if route.guard is Guard.OPERATOR:
        statuses |= {403}
    if route.guard is Guard.REFRESH or route.query:
        statuses |= {400}
    if route.limit is not None or (route.unsafe and route.guard is Guard.ACCESS):
        statuses |= {429}
    return statuses


def _bad_headers(status: int, route: Route) -> Json:
    """What comes with it."""
    if status == HTTPStatus.UNAUTHORIZED:
        cleared = {"Set-Cookie": {"schema": {"type": "string"}}} if route.guard is Guard.ANY else {}
        return {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "Bearer"}, **cleared}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    return {}


def _good(says: Says, shapes: Mapping[type, Json]) -> Json:
    """One answer of the table."""
    said: Json = {"description": says.about}
    if isinstance(says.shape, type):
        said["content"] = {"application/json": {"schema": shapes[says.shape]}}
    elif says.shape is not None:
        said["content"] = {says.shape: {"schema": {}}}
    headers: Json = {}
    if says.cookie:
        headers["Set-Cookie"] = {"schema": {"type": "string"}}
    if says.file:
        headers["Content-Disposition"] = {"required": True, "schema": {"type": "string"}}
    if says.status in {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER}:
        headers["Location"] = {"required": True, "schema": {"type": "string"}}
    return said | ({"headers": headers} if headers else {})


def _schemes(rules: HttpRules) -> Json:
    """How credentials travel."""
    cookie = "__Host-refreshToken" if rules.secure else "refreshToken"
    return {
        "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "refreshBearer": {"type": "http", "scheme": "bearer", "bearerFormat": "aprt_…"},
        "refreshHeader": {"type": "apiKey", "in": "header", "name": "refresh"},
        "refreshCookie": {"type": "apiKey", "in": "cookie", "name": cookie},
        "metricsToken": {"type": "http", "scheme": "bearer"},
    }
