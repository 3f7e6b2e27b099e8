"""The YAML language server that editors run, spoken to over its standard input and output."""

import json
import queue
import subprocess
import threading
from pathlib import Path

PROGRAM = Path(__file__).parent / "node_modules/yaml-language-server/bin/yaml-language-server"
SECONDS_MAX = 60


class LanguageServer:
    """A server that has been told of one schema for all files. Messages are JSON-RPC with a length before each."""

    def __init__(self, schema):
        self.process = subprocess.Popen(
            ["node", str(PROGRAM), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.settings = {"yaml": {"schemas": {schema.as_uri(): ["*.yaml"]}, "schemaStore": {"enable": False},
                                  "validate": True, "completion": True}}  # fmt: skip
        self.heard = queue.Queue()
        self.number = 0
        threading.Thread(target=self._listen, daemon=True).start()
        self.ask("initialize", processId=None, rootUri=None, capabilities={"workspace": {"configuration": True}})
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings=self.settings)

    def open(self, path, text):
        """Open a file and return what the server finds wrong with it."""
        uri = path.as_uri()
        self.tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "yaml", "version": 1, "text": text})
        return self._await(lambda message: message.get("method") == "textDocument/publishDiagnostics"
                           and message["params"]["uri"] == uri)["params"]["diagnostics"]  # fmt: skip

    def complete(self, path, line, column):
        """Return what the server offers at a place of an open file, counted from 0."""
        told = self.ask("textDocument/completion", textDocument={"uri": path.as_uri()},
                        position={"line": line, "character": column})  # fmt: skip
        return [item["label"] for item in (told["items"] if isinstance(told, dict) else told)]

    def close(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, **params):
        self.number += 1
        number = self.number
        self._send(id=number, method=method, params=params)
        return self._await(lambda message: message.get("id") == number and "method" not in message)["result"]

    def tell(self, method, **params):
        self._send(method=method, params=params)

    def _await(self, wanted):
        while True:
            message = self.heard.get(timeout=SECONDS_MAX)
            if "method" in message and "id" in message:  # a question of the server's
                items = message.get("params", {}).get("items", [])
                self._send(id=message["id"], result=[self.settings.get(item.get("section")) for item in items])
            if wanted(message):
                return message

    def _send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _listen(self):
        stream = self.process.stdout
        while line := stream.readline():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
                while stream.readline().strip():
                    pass
                self.heard.put(json.loads(stream.read(length)))
