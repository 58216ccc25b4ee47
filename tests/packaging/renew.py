"""What a renewal of the certificate does on the box: a key, a request, a signature, each by openssl as a child."""

from pathlib import Path

from agent.setup.key import make_key, request_for, sign

KEY = Path("/var/lib/poleagent/.renewal-of-the-test")


def main() -> None:
    try:
        KEY.write_bytes(make_key())
        request = request_for(KEY, "box-1")
        assert request.startswith(b"-----BEGIN CERTIFICATE REQUEST-----")
        assert sign(KEY, request)
    finally:
        KEY.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
