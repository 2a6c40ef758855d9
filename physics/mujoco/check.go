package mujoco

import (
	"errors"
	"fmt"
	"math"
)

// probe is a small model whose numbers are known.
const probe = `<mujoco model="probe">
  <compiler angle="radian"/>
  <option timestep="0.004" gravity="0 0 -10"/>
  <worldbody>
    <geom name="floor" type="plane" size="3 4 5" pos="0 0 -50" rgba="0.1 0.2 0.3 1"/>
    <camera name="eye" pos="1 2 3"/>
    <body name="spinner" pos="0 20 0"><joint name="pivot" type="ball"/><geom name="knob" type="sphere" size="0.5" mass="1"/></body>
    <body name="slider" pos="0.5 0 0">
      <joint name="down" type="slide" axis="0 0 1" range="-7 8" limited="true"/>
      <geom name="ball" type="sphere" size="0.25" mass="2"/>
      <site name="tip" pos="0 0.125 0"/>
    </body>
    <body name="goal" mocap="true" pos="6 7 8"/>
  </worldbody>
  <actuator><motor name="push" joint="down" gear="3" ctrlrange="-0.5 0.75" ctrllimited="true"/></actuator>
  <sensor><jointpos name="height" joint="down"/><jointvel name="speed" joint="down"/></sensor>
  <keyframe><key name="high" qpos="1 0 0 0 5"/></keyframe>
</mujoco>`

// check compiles and steps the probe. A library whose layout differs from the table's gives other numbers.
func (l *library) check() (err error) {
	m, err := l.compile([]byte(probe), nil)
	if err != nil {
		return fmt.Errorf("self-check: %w", err)
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	// Numbers of the structs themselves come first: a wrong pointer would end the process.
	if m.NQ != 5 || m.NV != 4 || m.NU != 1 || m.Timestep != 0.004 {
		return fmt.Errorf("self-check: nq %d, nv %d, nu %d, timestep %v, want 5, 4, 1, 0.004", m.NQ, m.NV, m.NU, m.Timestep)
	}
	for name, want := range map[string]int{"nbody": 4, "njnt": 2, "ngeom": 3, "nsite": 1, "ncam": 1, "nsensor": 2, "nsensordata": 2, "nkey": 1, "nmocap": 1} {
		if n := l.integer(m.handle, "mjModel "+name); n != want {
			return fmt.Errorf("self-check: %s is %d, want %d", name, n, want)
		}
	}
	if err := m.checkNames(); err != nil {
		return fmt.Errorf("self-check: %w", err)
	}
	if err := m.checkArrays(); err != nil {
		return fmt.Errorf("self-check: %w", err)
	}
	d, err := m.NewData()
	if err != nil {
		return fmt.Errorf("self-check: %w", err)
	}
	defer func() { err = errors.Join(d.Close(), err) }()
	if err := d.checkStep(); err != nil {
		return fmt.Errorf("self-check: %w", err)
	}
	return nil
}

func (m *Model) checkNames() error {
	for _, want := range [...]struct {
		kind Kind
		name string
		id   int
	}{{Body, "slider", 2}, {Body, "goal", 3}, {Joint, "down", 1}, {Geom, "ball", 2}, {Site, "tip", 0}, {Actuator, "push", 0},
		{Camera, "eye", 0}, {Sensor, "speed", 1}, {Keyframe, "high", 0}} {
		if id, err := m.ID(want.kind, want.name); err != nil || id != want.id {
			return fmt.Errorf("%s %q has number %d, want %d, error %v", want.kind, want.name, id, want.id, err)
		}
	}
	return nil
}

func (m *Model) checkArrays() error {
	for name, want := range map[string][]float64{
		"qpos0": {1, 0, 0, 0, 0}, "body_mass": {0, 1, 2, 0}, "body_pos": {0, 0, 0, 0, 20, 0, 0.5, 0, 0, 6, 7, 8},
		"jnt_type": {1, 2}, "jnt_qposadr": {0, 4}, "jnt_dofadr": {0, 3}, "jnt_range": {0, 0, -7, 8},
		"geom_type": {0, 2, 2}, "geom_size": {3, 4, 5, 0.5, 0, 0, 0.25, 0, 0}, "geom_bodyid": {0, 1, 2},
		"actuator_trnid": {1, -1}, "actuator_trntype": {0}, "actuator_ctrllimited": {1}, "actuator_ctrlrange": {-0.5, 0.75}, "actuator_gear": {3, 0, 0, 0, 0, 0},
		"actuator_biastype": {0}, "sensor_adr": {0, 1}, "sensor_dim": {1, 1}, "key_qpos": {1, 0, 0, 0, 5}, "site_pos": {0, 0.125, 0},
	} {
		got, err := m.Field(name)
		if err != nil {
			return err
		}
		for i, x := range want {
			if len(got) != len(want) || got[i] != x {
				return fmt.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	}
	return nil
}

// checkStep steps with a control of 1.5, which the model limits to 0.75.
func (d *Data) checkStep() error {
	if err := d.Forward(); err != nil {
		return err
	}
	d.Ctrl[0] = 1.5
	const acceleration = -10 + 3*0.75/2.0 // gravity + gear · control / mass
	speed, height := acceleration*0.004, acceleration*0.004*0.004
	if err := d.Step(1); err != nil {
		return err
	}
	const bound = 1e-12 // a few roundings of numbers below 10
	if !(math.Abs(d.Qvel[3]-speed) <= bound) || !(math.Abs(d.Qpos[4]-height) <= bound) {
		return fmt.Errorf("a step ends at %v with speed %v, want %v, %v", d.Qpos[4], d.Qvel[3], height, speed)
	}
	if err := d.Forward(); err != nil {
		return err
	}
	for name, want := range map[string][]float64{
		"qpos": {1, 0, 0, 0, height}, "qvel": {0, 0, 0, speed}, "ctrl": {1.5}, "qacc": {0, 0, 0, acceleration}, "sensordata": {height, speed},
		"xpos": {0, 0, 0, 0, 20, 0, 0.5, 0, height, 6, 7, 8}, "xquat": {1, 0, 0, 0, 1, 0, 0, 0}, "xmat": {1, 0, 0, 0, 1, 0, 0, 0, 1},
		"site_xpos": {0.5, 0.125, height}, "site_xmat": {1, 0, 0, 0, 1, 0, 0, 0, 1}, "geom_xpos": {0, 0, -50, 0, 20, 0, 0.5, 0, height},
		"mocap_pos": {6, 7, 8}, "mocap_quat": {1, 0, 0, 0}, "cvel": {12: 0, 17: speed}, "cfrc_ext": {23: 0},
		"subtree_com": {1.0 / 3, 20.0 / 3, 2 * height / 3, 0, 20, 0, 0.5, 0, height},
	} {
		got, err := d.View(name)
		if err != nil {
			return err
		}
		for i, x := range want {
			if len(got) < len(want) || !(math.Abs(got[i]-x) <= bound) {
				return fmt.Errorf("%s is %v, want %v", name, got, want)
			}
		}
	}
	return nil
}
