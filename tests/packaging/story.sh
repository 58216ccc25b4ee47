#!/bin/sh
# Runs inside the booted box of test_box.py; each step ends in a line "STEP name: result", which the test reads.
step() { echo "STEP $1: $2"; }
until_true() { # NAME SECONDS COMMAND...
    name=$1 seconds=$2
    shift 2
    for _ in $(seq "$((seconds * 5))"); do
        if "$@" >/dev/null 2>&1; then
            step "$name" yes
            return
        fi
        sleep 0.2
    done
    step "$name" no
    "$@" 2>&1 | head -20
    systemctl status poleagent --no-pager 2>&1 | head -20
    journalctl -u poleagent --no-pager 2>&1 | tail -30
}
main_pid() { systemctl show poleagent -P MainPID; }
another_pid() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ] && poleagent status >/dev/null; }

export DEBIAN_FRONTEND=noninteractive
if [ -e /deb/second ]; then # the box was switched off and on
    python3 /deb/gnss.py &
    until_true booted 20 poleagent status
    until_true measures 20 sh -c 'poleagent status | grep -q "^gnss  *up"'
    step kept_events "$(poleagent status --json | grep -o '"next_seq":[0-9]*' | cut -d: -f2)"
    apt-get remove -y poleagent
    step removed "$(systemctl is-active poleagent)"
    step state "$(ls /var/lib/poleagent)"
    apt-get purge -y poleagent
    step purged $?
    step left "$(find / -xdev \( -name '*poleagent*' -o -path '/opt/*' \) -not -path '/proc/*' -not -path '/var/log/journal/*' -not -path '/deb/*' -not -path '/etc/systemd/system/poleagent.service.d*' -not -path '/tmp/*' 2>/dev/null | tr '\n' ' ')$(getent passwd poleagent)"
    step done yes
    systemctl poweroff
    exit
fi

apt-get install -y /deb/poleagent.deb
step installed $?
step enabled "$(systemctl is-enabled poleagent)"
step unedited "$(systemctl is-active poleagent)"
systemctl start poleagent
step refused "$(systemctl show poleagent -P ExecMainStatus)"
sleep 3
step loops "$(systemctl show poleagent -P NRestarts)"
step reported "$(journalctl -u poleagent -o cat --no-pager | grep -c 'settings are still the sample')"
poleagent status
step without $?

cat /deb/settings.toml >/etc/poleagent/poleagent.toml
mkdir -p /etc/systemd/system/poleagent.service.d
printf '[Service]\nWatchdogSec=4\nTimeoutAbortSec=2\n' >/etc/systemd/system/poleagent.service.d/quick.conf
printf '[Service]\nLoadCredential=mqtt-password:/root/mqtt-password\n' >/etc/systemd/system/poleagent.service.d/secret.conf
(umask 077 && echo secret >/root/mqtt-password)
python3 /deb/gnss.py &
systemctl daemon-reload
poleagent check
step checked $?
systemctl start poleagent
step started $?
step user "$(stat -c %U "/proc/$(main_pid)")"
poleagent status
step status $?
until_true device 10 sh -c 'poleagent status | grep -q "^gnss  *up"'
until_true sensible 10 sh -c 'poleagent readings --device gnss | grep -q "latitude  *22.5432"'
until_true link 10 sh -c 'poleagent status | grep -q "127.0.0.1:1 refuses connections"'
poleagent status
poleagent status --json >/dev/null && poleagent status --prometheus | grep -q '^poleagent_uptime_seconds '
step machines $?
setpriv --reuid=nobody --regid=nogroup --clear-groups poleagent status
step stranger $?
setpriv --reuid=nobody --regid=nogroup --groups=poleagent poleagent status >/dev/null
step member $?
systemctl status poleagent --no-pager | grep Status:
step statusline $?

sed -i 's/name = "before"/name = "after"/' /etc/poleagent/poleagent.toml
systemctl reload poleagent
step reloaded $?
poleagent status | head -1
step renamed "$(poleagent status | head -1 | grep -c after)"
echo 'wrong = 1' >/etc/poleagent/conf.d/99-wrong.toml
systemctl reload poleagent
step refused_reload $?
poleagent reload
step reload_code $?
rm /etc/poleagent/conf.d/99-wrong.toml
poleagent reload
step survived "$(systemctl is-active poleagent)"

# The certificate is renewed by a child of the agent, so openssl must run in the unit's sandbox.
systemctl stop poleagent
cat >/etc/systemd/system/poleagent.service.d/renew.conf <<EOF
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
ExecStart=
ExecStart=/opt/poleagent/bin/python3 -I /deb/renew.py
EOF
systemctl daemon-reload
systemctl start poleagent
step renewal $?
journalctl -u poleagent -o cat --no-pager -n 5
rm /etc/systemd/system/poleagent.service.d/renew.conf
systemctl daemon-reload
systemctl start poleagent
step restarted $?

coproc_street() { # a drawn street that is an MJPEG camera; its port
    mkfifo /deb/in
    sleep 600 >/deb/in &
    # the street is drawn by the simulator, which is no part of the package
    /opt/poleagent/bin/python3 -I -c 'import runpy, sys; sys.path.append("/deb"); runpy.run_module("simulator.street", run_name="__main__")' </deb/in >/deb/street.log &
    for _ in $(seq 50); do
        port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' /deb/street.log)
        [ "$port" ] && break
        sleep 0.2
    done
}
cat >/etc/poleagent/conf.d/camera.toml <<EOF
[camera.street]
source = "http://127.0.0.1:1/street.mjpg"
purpose = "counting the cars of the test"
signage = "none: nobody real comes by"
frame_size = [640, 360]
[camera.street.line.middle]
a = [320, 190]
b = [320, 350]
each = true
EOF
poleagent reload
until_true no_vision 20 sh -c 'poleagent events --kind camera_state | grep -q "refused.*poleagent-vision"'
apt-get install -y /deb/vision.deb
step vision_installed $?
coproc_street
sed -i "s|127.0.0.1:1/|127.0.0.1:$port/|" /etc/poleagent/conf.d/camera.toml
poleagent reload
until_true camera 30 sh -c 'poleagent status | grep -q "^street  *ok"'
until_true counted 30 sh -c 'poleagent events --kind crossing | grep -q vehicle'
poleagent vision test street --seconds 4
step tried $?
poleagent status
rm /etc/poleagent/conf.d/camera.toml
poleagent reload

before=$(main_pid)
kill -STOP "$before"
until_true watchdog 20 another_pid "$before"
step trace "$(journalctl -u poleagent -o cat --no-pager | grep -c 'most recent call first')"
before=$(main_pid)
kill -KILL "$before"
until_true killed 20 another_pid "$before"
step memory_kib "$(grep VmRSS "/proc/$(main_pid)/status" | tr -dc 0-9)"
systemd-analyze security poleagent --no-pager | tail -1

dpkg -i /deb/poleagent.deb
step upgraded $?
step kept "$(grep -c after /etc/poleagent/poleagent.toml)"
until_true after_upgrade 10 poleagent status
touch /deb/second
systemctl poweroff
