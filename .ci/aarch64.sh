#!/usr/bin/env bash
# Everything on a real aarch64 kernel, whatever the machine.
exec "$(dirname "$0")/guests.sh" aarch64
