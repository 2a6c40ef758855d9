package physics

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/palmal-rl/palmal/physics/mujoco"
)

// Draft returns a task file for a model that has none. It observes all joints and sensors and drives all
// actuators; episodes begin near the model's own pose; the reward is a placeholder to be replaced.
func Draft(name, modelFile string, model []byte, assets map[string][]byte) (text string, err error) {
	m, err := mujoco.Load(model, assets)
	if err != nil {
		return "", fmt.Errorf("%s: %w", modelFile, err)
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	d := &draft{model: m, names: map[string]bool{}}
	skip := max(1, int(math.Round(0.02/m.Timestep))) // decisions at 50 Hz or less often
	d.line("# Written by palmal tasks new from %s. docs/task-file.md describes the format. Edit the reward first: it", modelFile)
	d.line("# says what the robot is to do. palmal tasks check checks the task.\nname: %s\ntitle: %s\nsimulator: {model: %s, frame_skip: %d}  # %g s × %d = %g s per decision",
		name, name, modelFile, skip, m.Timestep, skip, m.Timestep*float64(skip))
	d.line("horizon: %d  # 5 s", max(1, int(math.Round(5/(m.Timestep*float64(skip))))))
	d.line("\nobservation: # all joints: positions, then velocities; then all sensors")
	d.positions()
	d.velocities()
	d.sensors()
	d.line("\naction: # all actuators")
	d.actuators()
	d.line(`
reset: # added to the model's own pose
  - {name: position, into: qpos, uniform: [-0.01, 0.01]}
  - {name: velocity, into: qvel, uniform: [-0.01, 0.01]}

# Let every episode have another model, so that the policy copes with all of them:
# randomise:
#   - {name: gravity, into: "option.gravity[2]", operation: scale, uniform: [0.9, 1.1]}

parameters:
  effort: {value: 0.01, meaning: weight of the squared action}

reward: # terms that are added; next.NAME is an entry after the step. Replace stay by what the robot is to do
  stay: %s
  effort: -effort*squares(action)

# Say when an episode is lost, as in next.height < 0.3, and when a step and an episode succeed:
terminated: never
# success: {step: next.distance < 0.05, episode: last && !terminated}`, d.stay)
	return d.text.String(), d.err
}

// draft writes a task file.
type draft struct {
	model *mujoco.Model
	text  strings.Builder
	names map[string]bool // names of the entries so far
	stay  string          // formula of the placeholder reward
	err   error
}

func (d *draft) line(format string, arguments ...any) {
	fmt.Fprintf(&d.text, format+"\n", arguments...)
}

// field returns an array of the model and keeps the first error.
func (d *draft) field(name string) []float64 {
	x, err := d.model.Field(name)
	d.err = errors.Join(d.err, err)
	return x
}

// named returns the names of a kind of elements, "" where one has none, or one that a place in a task file would
// misread: [ ] choose numbers of an element, {} stands for each of several words.
func (d *draft) named(addresses string) []string {
	letters := d.field("names")
	var all []string
	for _, first := range d.field(addresses) {
		name := ""
		for i := int(first); i < len(letters) && letters[i] != 0; i++ {
			name += string(rune(letters[i]))
		}
		if strings.ContainsAny(name, "[]") || strings.Contains(name, "{}") {
			name = ""
		}
		all = append(all, name)
	}
	return all
}

// entry writes a line of the observation. Names are made different from each other.
func (d *draft) entry(name, rest string) string {
	for d.names[name] {
		name += " too"
	}
	d.names[name] = true
	d.line("  - {name: %q, %s}", name, rest)
	return name
}

// placeText names the numbers of an element: by its name, or by their index.
func placeText(field, name string, index int) string {
	if name == "" {
		return fmt.Sprintf("%s[%d]", field, index)
	}
	return field + " " + name
}

// Types of joints, mjtJoint.
const (
	freeJoint = iota
	ballJoint
	slideJoint
	hingeJoint
)

func (d *draft) positions() {
	names, kinds, addresses := d.named("name_jntadr"), d.field("jnt_type"), d.field("jnt_qposadr")
	for i, name := range names {
		at, shown := placeText("qpos", name, int(addresses[i])), name
		if shown == "" {
			shown = fmt.Sprintf("joint %d", i)
		}
		switch int(kinds[i]) {
		case freeJoint:
			first := d.entry(shown+" {}", fmt.Sprintf(`each: [x, y, z], from: %q, unit: m`, placeText("qpos", name, int(addresses[i]))))
			d.entry(shown+" quaternion {}", fmt.Sprintf(`each: [w, x, y, z], from: %q, kind: unit`, further("qpos", name, int(addresses[i]), 3)))
			d.propose(first)
		case ballJoint:
			d.entry(shown+" quaternion {}", fmt.Sprintf(`each: [w, x, y, z], from: %q, kind: unit`, at))
		case slideJoint:
			d.propose(d.entry(shown, fmt.Sprintf("from: %q, unit: m", at)))
		case hingeJoint:
			d.propose(d.entry(shown, fmt.Sprintf("from: %q, unit: rad", at)))
		}
	}
	if d.stay == "" {
		d.stay = "1"
	}
}

// further names a number of an element after its first.
func further(field, name string, index, by int) string {
	if name == "" {
		return fmt.Sprintf("%s[%d]", field, index+by)
	}
	return fmt.Sprintf("%s %s[%d]", field, name, by)
}

// propose lets the placeholder reward keep the first position.
func (d *draft) propose(name string) {
	words := strings.FieldsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	})
	if id := strings.Join(words, "_"); d.stay == "" && id != "" && !(id[0] >= '0' && id[0] <= '9') {
		d.stay = fmt.Sprintf("-norm(next.%s)", id)
	}
}

func (d *draft) velocities() {
	names, kinds, addresses := d.named("name_jntadr"), d.field("jnt_type"), d.field("jnt_dofadr")
	for i, name := range names {
		at, shown := placeText("qvel", name, int(addresses[i])), name
		if shown == "" {
			shown = fmt.Sprintf("joint %d", i)
		}
		switch int(kinds[i]) {
		case freeJoint:
			d.entry(shown+" velocity {}", fmt.Sprintf(`each: [x, y, z], from: %q, unit: m/s`, at))
			d.entry(shown+" angular velocity {}", fmt.Sprintf(`each: [x, y, z], from: %q, unit: rad/s`, further("qvel", name, int(addresses[i]), 3)))
		case ballJoint:
			d.entry(shown+" angular velocity {}", fmt.Sprintf(`each: [x, y, z], from: %q, unit: rad/s`, at))
		case slideJoint:
			d.entry(shown+" velocity", fmt.Sprintf("from: %q, unit: m/s", at))
		case hingeJoint:
			d.entry(shown+" velocity", fmt.Sprintf("from: %q, unit: rad/s", at))
		}
	}
}

func (d *draft) sensors() {
	sizes, addresses := d.field("sensor_dim"), d.field("sensor_adr")
	for i, name := range d.named("name_sensoradr") {
		at, shown := placeText("sensor", name, int(addresses[i])), name
		if shown == "" {
			shown = fmt.Sprintf("sensor %d", i)
		}
		if sizes[i] == 1 {
			d.entry(shown+" sensor", fmt.Sprintf("from: %q", at))
			continue
		}
		words := make([]string, int(sizes[i]))
		for k := range words {
			words[k] = fmt.Sprint(k)
		}
		d.entry(shown+" sensor {}", fmt.Sprintf("each: [%s], from: %q", strings.Join(words, ", "), at))
	}
}

func (d *draft) actuators() {
	limited, ranges, bias := d.field("actuator_ctrllimited"), d.field("actuator_ctrlrange"), d.field("actuator_biastype")
	names := d.named("name_actuatoradr")
	if len(names) == 0 {
		d.err = errors.Join(d.err, errors.New("the model has no actuators: add some to its file"))
	}
	for i, name := range names {
		low, high := ranges[2*i], ranges[2*i+1]
		switch {
		case name == "":
			d.err = errors.Join(d.err, fmt.Errorf("actuator %d has no name, or one with [, ] or {}: give it another in the model", i))
		case limited[i] == 1 && bias[i] != 0: // a position or velocity servo
			d.line("  - {name: %q, servo: %q}  # -1 to 1 is its control range, %g to %g", name, name, low, high)
		case limited[i] == 1:
			d.line("  - {name: %q, motor: %q, range: [%v, %v]}", name, name, low, high)
		default:
			d.line("  - {name: %q, motor: %q}  # -1 to 1; the model gives it no range", name, name)
		}
	}
}
