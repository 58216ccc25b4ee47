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

dpkg -i /deb/poleagent.deb
step installed $?
step enabled "$(systemctl is-enabled poleagent)"
step unedited "$(systemctl is-active poleagent)"
systemctl start poleagent
step refused "$(systemctl show poleagent -P ExecMainStatus)"
sleep 3
step loops "$(systemctl show poleagent -P NRestarts)"
step told "$(journalctl -u poleagent -o cat --no-pager | grep -c 'settings are still the sample')"
poleagent status
step without $?

cat /deb/settings.toml >/etc/poleagent/poleagent.toml
mkdir -p /etc/systemd/system/poleagent.service.d
printf '[Service]\nWatchdogSec=4\nTimeoutAbortSec=2\n' >/etc/systemd/system/poleagent.service.d/quick.conf
systemctl daemon-reload
poleagent check
step checked $?
systemctl start poleagent
step started $?
step user "$(stat -c %U "/proc/$(main_pid)")"
poleagent status
step status $?
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

before=$(main_pid)
kill -STOP "$before"
until_true watchdog 20 another_pid "$before"
before=$(main_pid)
kill -KILL "$before"
until_true killed 20 another_pid "$before"
step memory_kib "$(grep VmRSS "/proc/$(main_pid)/status" | tr -dc 0-9)"
systemd-analyze security poleagent --no-pager | tail -1

dpkg -i /deb/poleagent.deb
step upgraded $?
step kept "$(grep -c after /etc/poleagent/poleagent.toml)"
until_true after_upgrade 10 poleagent status
dpkg -r poleagent
step removed "$(systemctl is-active poleagent)"
step state "$(ls /var/lib/poleagent)"
dpkg -P poleagent
step purged $?
step left "$(find / -xdev \( -name '*poleagent*' -o -path '/opt/*' \) -not -path '/proc/*' -not -path '/var/log/journal/*' -not -path '/deb/*' -not -path '/etc/systemd/system/poleagent.service.d*' -not -path '/tmp/*' 2>/dev/null | tr '\n' ' ')$(getent passwd poleagent)"
step done yes
systemctl poweroff
