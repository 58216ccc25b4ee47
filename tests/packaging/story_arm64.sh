#!/bin/sh
# Runs inside the arm64 system of test_arm64.py; each step ends in a line "STEP name: result", which the test reads.
step() { echo "STEP $1: $2"; }
until_true() { # NAME SECONDS COMMAND...: emulated programs take ten times as long and more
    name=$1 seconds=$2
    shift 2
    end=$(($(date +%s) + seconds))
    while [ "$(date +%s)" -lt "$end" ]; do
        if "$@" >/dev/null 2>&1; then
            step "$name" yes
            return
        fi
        sleep 2
    done
    step "$name" no
    "$@" 2>&1 | head -20
    tail -20 /deb/run.log
}

export DEBIAN_FRONTEND=noninteractive
step machine "$(uname -m)"
dpkg -i /deb/poleagent.deb
step installed $?
dpkg -i /deb/vision.deb
step vision_installed $?
step disk_kib "$(du -sk /opt/poleagent | cut -f1)"

cat >/etc/poleagent/poleagent.toml <<EOF
[pole]
id = "box-arm64"
[uplink]
host = "127.0.0.1"
plain_text = true
[line.a]
port = "/run/gnss"
[device.gnss]
driver = "nmea"
line = "a"
EOF
python3 /deb/gnss.py &
mosquitto -p 1883 >/dev/null 2>&1 &
# Who has no subscriber keeps its events.
/opt/poleagent/bin/python3 -I - <<EOF &
import time

import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.on_connect = lambda client, *_: client.subscribe("#", 1)
for _ in range(60):
    try:
        client.connect("127.0.0.1")
        break
    except OSError:  # the broker starts
        time.sleep(1)
client.loop_forever()
EOF
until_true gnss 60 test -e /run/gnss
poleagent check
step checked $?
mkdir -p /run/poleagent /var/lib/poleagent
poleagent run >/deb/run.log 2>&1 &
daemon=$!
until_true device 600 sh -c 'poleagent status | grep -q "^gnss  *up"'
until_true sensible 300 sh -c 'poleagent readings --device gnss | grep -q "latitude  *22.5432"'
until_true link 300 sh -c 'poleagent status --json | grep -q "\"uplink\":{[^}]*\"state\":\"up\""'
until_true delivered 300 sh -c 'poleagent status --json | grep -Eq "\"acknowledged\":[1-9]"'
poleagent status
step memory_kib "$(grep VmRSS "/proc/$daemon/status" | tr -dc 0-9)"
kill -TERM "$daemon"
wait "$daemon"
step stopped $?

# The processors in /sys are those of the real machine, and the library that LiteRT asks for them (cpuinfo) dies of those
# that are no ARM: PyPI's own wheel as well. Without them it takes what every arm64 has.
mount -t tmpfs tmpfs /sys/devices/system/cpu
python=/opt/poleagent/bin/python3
LD_BIND_NOW=1 $python -I -c 'import cv2, av, numpy; print(cv2.__version__, av.__version__, numpy.__version__)'
step libraries $?
$python -I - <<'EOF'
from pathlib import Path

import numpy
from ai_edge_litert.interpreter import Interpreter

models = sorted(Path("/opt/poleagent/share/poleagent/models").glob("*/*.tflite"))
assert [model.stem for model in models] == ["crops", "groups"], models
for model in models:
    net = Interpreter(str(model), num_threads=1)
    net.allocate_tensors()
    (asked,) = net.get_input_details()
    net.set_tensor(asked["index"], numpy.zeros(asked["shape"], asked["dtype"]))
    net.invoke()
    print(model.stem, [net.get_tensor(each["index"]).shape for each in net.get_output_details()])
EOF
step inference $?
cat >/deb/scene.toml <<EOF
frame_size = [640, 360]
[line.middle]
a = [320, 190]
b = [320, 350]
each = true
EOF
poleagent replay --video /deb/street.mp4 --scene /deb/scene.toml --jsonl >/deb/replay.log 2>&1
step crossings "$(grep -c crossing /deb/replay.log)"
tail -3 /deb/replay.log
$python -I -c '
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
key = X25519PrivateKey.generate().exchange(X25519PrivateKey.generate().public_key())
assert AESGCM(key).decrypt(b"0" * 12, AESGCM(key).encrypt(b"0" * 12, b"seen", None), None) == b"seen"'
step sealed $?

dpkg --purge poleagent-vision poleagent
step purged $?
step left "$(ls -d /opt/poleagent /etc/poleagent /var/lib/poleagent 2>/dev/null | tr '\n' ' ')"
step done yes
