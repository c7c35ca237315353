#!/bin/sh
# What a suite that starts `zkServer.sh start-foreground CONFIG` finds there.
exec "$ZOOKIT_NODE" "$(dirname "$0")/server.mjs" "$@"
