package mujoco

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const ball = `<mujoco>
  <worldbody>
    <geom name="floor" type="plane" size="1 1 1"/>
    <body name="ball" pos="0 0 0.099"><freejoint name="free"/><geom name="ball" size="0.1"/><site name="top" pos="0 0 0.1"/></body>
  </worldbody>
</mujoco>`

// needsLibrary skips a test where there is no MuJoCo.
func needsLibrary(t *testing.T) {
	t.Helper()
	_, err := process()
	if errors.Is(err, ErrUnusable) {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("NOTHING WAS SIMULATED: %v", err)
	}
}

// open leaves it to the test to close what it opens.
func open(t *testing.T, mjcf string) (*Model, *Data) {
	t.Helper()
	m, err := Load([]byte(mjcf), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.NewData()
	if err != nil {
		t.Fatal(err)
	}
	return m, d
}

func load(t *testing.T, mjcf string) (*Model, *Data) {
	t.Helper()
	m, d := open(t, mjcf)
	t.Cleanup(func() {
		if err := errors.Join(d.Close(), m.Close()); err != nil {
			t.Error(err)
		}
	})
	return m, d
}

func TestTheLibraryInUseIsDescribed(t *testing.T) {
	needsLibrary(t)
	l, err := InUse()
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(l.Path) || len(l.SHA256) != 64 || l.Version != Version() {
		t.Errorf("%+v, version %s", l, Version())
	}
	used := slices.DeleteFunc(Find(), func(f Found) bool { return !f.Used })
	if len(used) != 1 || used[0].Library != l || used[0].Err != nil {
		t.Errorf("found as used: %+v, want %+v", used, l)
	}
}

func TestBadModelsAreErrors(t *testing.T) {
	needsLibrary(t)
	for name, mjcf := range map[string]string{
		"not XML":           "hopper",
		"empty":             "",
		"unknown attribute": `<mujoco><option timestop="1"/></mujoco>`,
		"negative size":     `<mujoco><worldbody><geom size="-1"/></worldbody></mujoco>`,
		"unknown joint":     `<mujoco><actuator><motor joint="knee"/></actuator></mujoco>`,
		"missing asset":     `<mujoco><asset><mesh name="m" file="m.stl"/></asset></mujoco>`,
	} {
		m, err := Load([]byte(mjcf), nil)
		if err == nil {
			t.Errorf("%s: no error", name)
			m.Close()
		} else if !strings.HasPrefix(err.Error(), "mujoco: compile model: ") || len(err.Error()) < 40 {
			t.Errorf("%s: error %q does not say what is wrong", name, err)
		}
	}
}

// A refusal names the release, and says that a newer one may know a word which this one does not, unless there is none.
func TestRefusalsNameTheRelease(t *testing.T) {
	needsLibrary(t)
	used, err := process()
	if err != nil {
		t.Fatal(err)
	}
	all := releases()
	newest := all[len(all)-1][0]
	for mjcf, unknown := range map[string]bool{
		`<mujoco><option integrator="future"/></mujoco>`:                       true,
		`<mujoco><option future="1"/></mujoco>`:                                true,
		`<mujoco><future/></mujoco>`:                                           true,
		`<mujoco><option timestep="a"/></mujoco>`:                              false,
		`<mujoco><worldbody><geom size="-1"/></worldbody></mujoco>`:            false,
		`<mujoco><actuator><motor name="a" joint="knee"/></actuator></mujoco>`: false,
	} {
		_, err := Load([]byte(mjcf), nil)
		if err == nil || !strings.HasPrefix(err.Error(), "mujoco: compile model: MuJoCo "+used.release+": ") {
			t.Errorf("%s: %v, want the release %s", mjcf, err, used.release)
			continue
		}
		if remedy := strings.Contains(err.Error(), "up to "+newest+": set "+Variable); remedy != (unknown && used.release != newest) {
			t.Errorf("%s: %v, remedy %v", mjcf, err, remedy)
		}
	}
	last := &library{layout: layout{release: newest}}
	if err := last.refusal("Schema violation: unrecognized element"); strings.Contains(err.Error(), Variable) {
		t.Errorf("the newest release: %v", err)
	}
}

func TestAssetsComeFromMemory(t *testing.T) {
	needsLibrary(t)
	const field = `<mujoco><asset><hfield name="h" file="h.bin" size="1 1 1 0.1"/></asset>
		<worldbody><geom type="hfield" hfield="h"/></worldbody></mujoco>`
	// MuJoCo's height field format: rows, columns as int32, then rows·columns float32
	bin := []byte{2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 0, 0, 0, 128, 63}
	m, err := Load([]byte(field), map[string][]byte{"h.bin": bin})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	heights, err := m.Field("hfield_data")
	if err != nil || len(heights) != 4 || heights[1] != 1 {
		t.Errorf("heights %v, error %v", heights, err)
	}
}

// The compiler steps a falling ball with this stack; the contact of one that lies
// on the floor needs more, so MuJoCo calls mju_error in the middle of a step. Uncaught,
// this would end the process.
func TestErrorInsideAStepIsCaught(t *testing.T) {
	needsLibrary(t)
	if Version() != "2.2.2" {
		t.Skipf("NOTHING OVERFLOWED: release %s has another stack; TestErrorsOfTheLibraryAreCaught has its errors", Version())
	}
	small := strings.Replace(ball, "<worldbody>", `<size nstack="120" njmax="20" nconmax="5"/><worldbody>`, 1)
	_, d := load(t, strings.Replace(small, "0 0 0.099", "0 0 1", 1))
	for range 3 {
		if err := d.Step(1); err != nil {
			t.Fatalf("falling: %v", err)
		}
		d.Qpos[2] = 0.099
		if err := d.Step(1); err == nil || errors.Is(err, ErrUnstable) || !strings.Contains(strings.ToLower(err.Error()), "stack overflow") {
			t.Errorf("error %v, want stack overflow", err)
		}
		if err := d.Reset(); err != nil {
			t.Errorf("reset after an error: %v", err)
		}
	}
}

func TestBadStatesAreUnstable(t *testing.T) {
	needsLibrary(t)
	for _, bad := range []float64{math.NaN(), math.Inf(1), 1e11} { // mjMAXVAL is 1e10
		_, d := load(t, ball)
		d.Qvel[2] = bad
		err := d.Step(3)
		if !errors.Is(err, ErrUnstable) || !strings.Contains(err.Error(), "QVEL at DOF 2") {
			t.Errorf("velocity %v: error %v", bad, err)
		}
		if err := d.Reset(); err != nil {
			t.Error(err)
		}
		if err := d.Step(3); err != nil {
			t.Errorf("after a reset: %v", err)
		}
	}
	if _, err := os.Stat("MUJOCO_LOG.TXT"); !os.IsNotExist(err) {
		t.Errorf("MuJoCo wrote its log: %v", err)
	}
}

// Simulations that fail at the same time keep their messages apart; MuJoCo's own
// warning texts mix.
func TestErrorsOfParallelSimulationsDoNotMix(t *testing.T) {
	needsLibrary(t)
	m, err := Load([]byte(ball), nil)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			d, err := m.NewData()
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			want := fmt.Sprintf("QVEL at DOF %d", i)
			for range 50 {
				d.Qvel[i] = math.NaN()
				if err := d.Step(1); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
					return
				}
				if err := d.Reset(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestNamesAndArrays(t *testing.T) {
	needsLibrary(t)
	m, d := load(t, ball)
	if m.NQ != 7 || m.NV != 6 || m.NU != 0 || m.Timestep != 0.002 {
		t.Errorf("sizes %d, %d, %d, timestep %v", m.NQ, m.NV, m.NU, m.Timestep)
	}
	if id, err := m.ID(Geom, "ball"); err != nil || id != 1 {
		t.Errorf("geom ball: id %d, error %v", id, err)
	}
	if _, err := m.ID(Site, "bottom"); err == nil || !strings.Contains(err.Error(), `no site "bottom"`) {
		t.Errorf("site bottom: error %v", err)
	}
	if types, err := m.Field("geom_type"); err != nil || len(types) != 2 || types[1] != 2 { // mjGEOM_SPHERE
		t.Errorf("geom types %v, error %v", types, err)
	}
	if _, err := m.Field("geom_colour"); err == nil {
		t.Error("unknown array of the model: no error")
	}
	if _, err := d.View("xposition"); err == nil {
		t.Error("unknown array of the data: no error")
	}
	d.Qpos[0] = 0.5
	if err := d.Forward(); err != nil {
		t.Fatal(err)
	}
	if site, err := d.View("site_xpos"); err != nil || site[0] != 0.5 || site[2] != 0.199 {
		t.Errorf("site at %v, error %v", site, err)
	}
}

// A name in a model opens nothing: neither a path nor a pipe, whatever element and attribute bear it.
func TestModelsReadNoFileThatTheyWereNotHanded(t *testing.T) {
	needsLibrary(t)
	pipe := filepath.Join(t.TempDir(), "pipe.png")
	if err := makePipe(pipe); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`<mujoco><asset><texture name="x" type="2d" file="` + pipe + `"/></asset></mujoco>`,
		`<mujoco><asset><texture name="x" type="cube" fileright="/dev/zero"/></asset></mujoco>`,
		`<mujoco><asset><mesh name="x" file="../../etc/passwd"/></asset></mujoco>`,
		`<mujoco><asset><hfield name="x" file="h.bin" size="1 1 1 1"/></asset></mujoco>`,
		`<mujoco><compiler meshdir="/dev"/><asset><mesh name="x" file="stdin"/></asset></mujoco>`,
		`<mujoco><include file="/etc/passwd"/></mujoco>`,
	} {
		if m, err := Load([]byte(text), map[string][]byte{"other.bin": nil}); err == nil || !strings.Contains(err.Error(), "only the files that come with its task") {
			t.Errorf("%s: model %v, error %v", text, m, err)
		}
	}
}
