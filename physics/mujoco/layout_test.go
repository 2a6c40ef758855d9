package mujoco

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestEveryReleaseHasWhatTheProgramReads(t *testing.T) {
	rows := releases()
	if len(rows) < 50 {
		t.Fatalf("only %d releases", len(rows))
	}
	last := 0
	for _, row := range rows {
		number, err := strconv.Atoi(row[1])
		if err != nil {
			t.Fatal(err)
		}
		l, err := layoutOf(number)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(l.release, release(number)) { // 2.3.1.post1 is 2.3.1
			t.Errorf("mj_version %d is called %s, and its layout %s", number, release(number), l.release)
		}
		if ordinal(number) <= last {
			t.Errorf("release %s is out of order", l.release)
		}
		last = ordinal(number)
		for _, line := range linesOf(memberLines) {
			words := strings.Fields(line)
			name := strings.Join(words[1:min(3, len(words))], " ")
			if _, ok := l.members[name]; !ok && name != "mjWARN_VGEOMFULL" { // gone in 3.7.0, with the buffer
				t.Errorf("release %s has no %s", l.release, name)
			}
		}
	}
}

func TestUnknownReleasesAreRefusedByTheNearest(t *testing.T) {
	rows := releases()
	newest := rows[len(rows)-1][0]
	for number, nearest := range map[int]string{221: "2.2.2", 234: "2.3.3", 341: "3.4.0", 3005001: "3.5.0", 3017009: "3.17.0", 9000000: newest, 0: "2.2.2"} {
		_, err := layoutOf(number)
		if err == nil || !strings.Contains(err.Error(), "MuJoCo "+release(number)) || !strings.Contains(err.Error(), "the nearest that it knows is "+nearest+",") {
			t.Errorf("%d: error %v, want the nearest %s", number, err, nearest)
		}
	}
}

// A wrong number in the table's row is noticed at load: each member that the check reads is put, in turn,
// where another of its kind lies.
func TestTheSelfCheckNoticesAWrongLayout(t *testing.T) {
	needsLibrary(t)
	right, err := process()
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(name, other string) error {
		l := &library{layout: layout{release: right.release, members: maps.Clone(right.members)}, handle: right.handle, symbols: right.symbols,
			step: right.step, forward: right.forward, reset: right.reset, forces: right.forces}
		m := l.members[name]
		m.offset = l.members[other].offset
		l.members[name] = m
		return l.check()
	}
	if err := wrong("mjModel nq", "mjModel nq"); err != nil {
		t.Fatalf("the right layout: %v", err)
	}
	for name, others := range map[string][]string{
		"mjModel nq": {"mjModel nv"}, "mjModel nu": {"mjModel nbody"}, "mjModel opt.timestep": {"mjModel stat.extent"}, "mjModel ngeom": {"mjModel nsite"},
		"mjModel qpos0": {"mjModel body_mass"}, "mjModel jnt_qposadr": {"mjModel jnt_dofadr", "mjModel jnt_type"}, "mjModel jnt_dofadr": {"mjModel jnt_qposadr"},
		"mjModel jnt_range": {"mjModel jnt_pos"}, "mjModel geom_size": {"mjModel geom_pos"}, "mjModel actuator_ctrlrange": {"mjModel actuator_forcerange"},
		"mjModel sensor_adr": {"mjModel sensor_type"}, "mjModel body_mass": {"mjModel body_subtreemass"}, "mjModel actuator_gear": {"mjModel actuator_gainprm"},
		"mjData qpos": {"mjData qvel"}, "mjData qvel": {"mjData qacc"}, "mjData ctrl": {"mjData actuator_force"}, "mjData xpos": {"mjData xipos"},
		"mjData sensordata": {"mjData ctrl"}, "mjData site_xpos": {"mjData geom_xpos"}, "mjData subtree_com": {"mjData xpos"}, "mjData cvel": {"mjData cacc"},
		"mjData mocap_pos": {"mjData mocap_quat"}, "mjData geom_xpos": {"mjData xpos"}, "mjData xquat": {"mjData xpos"},
		"mjOBJ_BODY": {"mjOBJ_JOINT"}, "mjOBJ_SENSOR": {"mjOBJ_SITE"}, "mjOBJ_KEY": {"mjOBJ_BODY"},
	} {
		for _, other := range others {
			if err := wrong(name, other); err == nil || !strings.Contains(err.Error(), "self-check") {
				t.Errorf("%s read as %s: error %v", name, other, err)
			}
		}
	}
}

// Each kind of warning has words, whatever its number.
func TestWarningsAreWordedByTheRelease(t *testing.T) {
	for _, row := range releases() {
		number, _ := strconv.Atoi(row[1])
		one, err := layoutOf(number)
		if err != nil {
			t.Fatal(err)
		}
		l := &library{layout: one}
		var texts []string
		for kind := range l.value("mjNWARNING") {
			texts = append(texts, l.meaning(kind, 3))
		}
		if slices.ContainsFunc(texts, func(s string) bool { return strings.HasPrefix(s, "warning ") }) || !slices.Contains(texts, fmt.Sprintf("NaN, infinite or huge QVEL at DOF %d", 3)) {
			t.Errorf("release %s: %q", l.release, texts)
		}
	}
}
