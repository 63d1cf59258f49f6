#!/usr/bin/env bash
# Everything on an x86_64 kernel of our own, with our init: aarch64.sh's twin.
exec "$(dirname "$0")/guests.sh" x86_64
