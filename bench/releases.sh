#!/bin/sh
# releases.sh PALMAL WHEEL...: opens all tasks and replays their recordings in each release of MuJoCo, given as
# wheels or libraries, and prints a table. Ends with 1 where a task does not open, or where one of those without
# contacts replays to worse than 1e-9.
set -eu
[ $# -ge 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
palmal=$(realpath "$1")
shift
cd "$(dirname "$0")/../physics/tasks"
tasks="inverted_pendulum reacher7dof hopper ant dclaw_turn dkitty_orient pen"
failed=0
echo "| MuJoCo | opens | $(echo "$tasks" | sed 's/ / | /g') |"
echo "|---|---|$(echo "$tasks" | sed 's/[a-z0-9_]*/---/g; s/ /|/g')|"
for library in "$@"; do
	export PALMAL_MUJOCO="$(realpath "$library")"
	row=$("$palmal" doctor --json | python3 -c '
import json, sys
c = [c for c in json.load(sys.stdin)["checks"] if c["name"] == "MuJoCo"][0]
print(c["found"].split(",")[0], "|", c["found"].count("_") and len(c["found"].split("; opened ")[1].split(";")[0].split(", ")) if c["verdict"] == "OK" else c["found"])')
	case "$row" in *"| 7") ;; *) failed=1 ;; esac
	for task in $tasks; do
		result=$("$palmal" replay --task "$task" --tol 1e-9 --json "$task/testdata/recording.json.gz" 2>/dev/null) || case "$task" in inverted_pendulum | reacher7dof) failed=1 ;; esac
		row="$row | $(echo "$result" | python3 -c '
import json, sys
r = json.loads(sys.stdin.readline())
print("%.0e" % max(r["max_abs"]["qpos"], r["max_abs"]["obs"]) + ("" if r["done_equal"] else ", ends differ") + ("" if r["success_equal"] else ", success differs"))')"
	done
	echo "| $row |"
done
exit $failed
