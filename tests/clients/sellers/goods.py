"""What the tests sell: pictures of the demo's provider, as files and as bodies of uploads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from examples.upstream.accounts import KEYS

Json = dict[str, Any]
#: What the demo's provider asks of whom it lets in.
UPSTREAM_KEY = KEYS["northwind"]
SECRET = "PICTURES_API_KEY"
PRICE = "0.04"
_CHECK = 'curl -fsS "$SERVICE_BASE_URL/models" -H "Authorization: Bearer $UNITYSVC_API_KEY"\n'


def provider(name: str) -> Json:
    return {
        "name": name,
        "display_name": f"{name.capitalize()} pictures",
        "description": "Pictures from a harbour.",
        "homepage": "https://harbour.example",
        "contact_email": "hello@harbour.example",
        "status": "ready",
        "time_created": "2026-11-01T00:00:00Z",
    }


def offering(name: str, port: int, *, account: str = "northwind", **changes: Any) -> Json:
    """Return an offering whose upstream is the demo's at a port."""
    channel = {
        "access_method": "http",
        "base_url": f"http://127.0.0.1:{port}/{account}/openai/v1",
        "api_key": f"${{ secrets.{SECRET} }}",
    }
    return {
        "name": name,
        "service_type": "image_generation",
        "summary": "Pictures from a sentence.",
        "description": "Small pictures of one colour.",
        "currency": "USD",
        "status": "ready",
        "details": {"max_images": 10},
        "payout_price": {"type": "revenue_share", "percentage": "75"},
        "upstream_access_config": {"primary": channel},
        "time_created": "2026-11-01T00:00:00Z",
        **changes,
    }


def listing(full_name: str, **changes: Any) -> Json:
    """Return a listing of pictures. Its tests: scripts that nobody runs, a request that the platform makes."""
    request = {"model": "prism-1", "prompt": "A lighthouse", "n": 1}
    return {
        "name": full_name,
        "display_name": "Pictures",
        "currency": "USD",
        "status": "ready",
        "list_price": {"type": "image", "price": PRICE},
        "user_access_interfaces": {
            "api": {
                "access_method": "http",
                "base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}",
                "routing_key": {"model": "prism-1"},
                "is_primary": True,
            }
        },
        "documents": {
            "Connectivity test": script("connectivity_test", "bash", _CHECK),
            "Python example": script("code_example", "python", "print('A picture')\n", is_public=True),
            "Request body": script("request_template", "json", json.dumps(request), is_public=True),
        },
        "time_created": "2026-11-01T00:00:00Z",
        **changes,
    }


def script(category: str, mime_type: str, text: str, *, is_public: bool = False) -> Json:
    return {"category": category, "mime_type": mime_type, "file_content": text, "is_public": is_public}


def body(seller: str, name: str, port: int, **listed: Any) -> Json:
    """Return what an upload sends."""
    return {
        "data": {
            "provider_data": provider(seller),
            "offering_data": offering(name, port),
            "listing_data": listing(f"{seller}/{name}", **listed),
        }
    }


def write(folder: Path, seller: str, name: str, port: int, **offered: Any) -> Path:
    """Write the files of a service below `specs`, and return their folder. Documents are files beside them."""
    place = folder / "specs" / seller / name
    place.mkdir(parents=True)
    sold = listing(f"{seller}/{name}")
    for document in sold["documents"].values():
        extension = {"bash": "sh", "python": "py", "json": "json"}[document["mime_type"]]
        document["file_path"] = f"{document['category']}.{extension}"
        (place / document["file_path"]).write_text(document.pop("file_content"))
    write_json(place / "provider.json", provider(seller))
    write_json(place / "offering.json", offering(name, port, **offered))
    write_json(place / "listing.json", sold)
    return place


def write_json(path: Path, content: Json) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
