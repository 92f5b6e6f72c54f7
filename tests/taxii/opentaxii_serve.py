"""OpenTAXII with one collection, in DIRECTORY, on PORT. Its answers to POST hold UUIDs that its own encoder refuses (500
though the objects are stored), so that the encoder is told to write them as text: nothing else is changed."""

import functools
import json
import os
import pathlib
import sys

import yaml

directory, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
user, password = sys.argv[3:5]
json.dumps = functools.partial(json.dumps, default=str)


def database(kind):
    module = {"auth": "opentaxii.auth.sqldb.SQLDatabaseAPI", "taxii2": "opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI"}
    parameters = {"db_connection": f"sqlite:///{directory}/{kind}.db", "create_tables": True}
    if kind == "auth":
        parameters["secret"] = "secret-of-the-test-that-is-long-enough-for-hmac"
    return {"class": module[kind], "parameters": parameters}


config = directory / "config.yml"
config.write_text(yaml.safe_dump({
    "domain": f"127.0.0.1:{port}", "support_basic_auth": True, "auth_api": database("auth"), "taxii1": None,
    "taxii2": {"persistence_api": database("taxii2"), "max_content_length": 262144, "title": "Test", "public_discovery": True},
    "logging": {"opentaxii": "warning", "root": "warning"},
}))
os.environ["OPENTAXII_CONFIG"] = str(config)

from opentaxii.cli import app  # noqa: E402: it reads the configuration when it is imported

with app.app_context():
    server = app.taxii_server
    account = server.auth.api.create_account(username=user, password=password, is_admin=True)
    persistence = server.servers.taxii2.persistence.api
    root = persistence.add_api_root(title="Test", description=None, default=True)
    collection = persistence.add_collection(api_root_id=root.id, title="Reports", description=None, alias=None)
    (directory / "where.json").write_text(json.dumps({"root": root.id, "collection": collection.id}))
app.run(host="127.0.0.1", port=port, threaded=False, debug=False, use_reloader=False)
