# Part of the SPP attendance suite. LGPL-3.
"""Between the web framework and the protocols of terminals."""

from odoo.http import Response, request

from ..protocols import Call


def respond(protocol, page):
    """Let a protocol answer the request that is being served by a `RawBodyDispatcher`.

    :param protocol: class of a `Protocol`
    :param str page: what the terminal asked for below the path of the protocol
    :return: `odoo.http.Response`
    """
    http, dispatcher = request.httprequest, request.dispatcher
    reply = protocol(request.env).respond(
        Call(
            method=http.method,
            page=page,
            args={key.lower(): value for key, value in http.args.items()},
            address=http.remote_addr,
            content_type=http.headers.get("Content-Type", ""),
            body=dispatcher.body,
            check_length=dispatcher.check_length,
        )
    )
    text = reply.text if reply.text.endswith("\n") else reply.text + "\n"
    return Response(text, status=reply.status, content_type=reply.content_type, headers=reply.headers)
