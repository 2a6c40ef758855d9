package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// Facts are run.json: the facts of a run, and one entry per process that worked on it.
type Facts struct {
	Schema     int       `json:"schema"`
	Task       string    `json:"task"`
	TaskSource string    `json:"task_source,omitempty"` // where a user's task was read from
	Algorithm  string    `json:"algo"`
	Preset     string    `json:"preset"`
	Seed       uint64    `json:"seed"`
	Status     string    `json:"status"` // status of the last process
	Processes  []Process `json:"processes"`
}

// Simulator names the library that simulated the task last, such as "MuJoCo 2.2.2"; "" for none, or if the
// run is older than this record.
func (f Facts) Simulator() string {
	if len(f.Processes) == 0 || f.Processes[len(f.Processes)-1].Machine.MuJoCo == nil {
		return ""
	}
	return "MuJoCo " + f.Processes[len(f.Processes)-1].Machine.MuJoCo.Version
}

// Statuses of a process.
const (
	StatusRunning     = "running" // running, or killed if no process holds the lock
	StatusDone        = "done"
	StatusInterrupted = "interrupted" // ended by a signal
	StatusDiverged    = "diverged"
	StatusFailed      = "failed"
)

// Process is one process that worked on a run.
type Process struct {
	Command []string  `json:"command"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end,omitzero"`
	Status  string    `json:"status"`
	Error   string    `json:"error,omitempty"`
	First   int       `json:"first_iteration"` // first iteration of this process
	Last    int       `json:"last_iteration"`  // its last iteration; below First if none
	Peak    int64     `json:"peak_memory_bytes"`

	DevicePeak int64 `json:"peak_device_memory_bytes,omitempty"` // peak memory of the device

	Machine Machine `json:"machine"`
}

// Machine is what may change the last bits of a result.
type Machine struct {
	Palmal  string   `json:"palmal"` // version
	Commit  string   `json:"commit"`
	Tags    []string `json:"tags"`
	Go      string   `json:"go"`
	Binary  string   `json:"binary_sha256"`
	Backend string   `json:"backend"`
	Device  string   `json:"device"` // description with the BLAS

	Accelerator *Accelerator `json:"accelerator,omitempty"` // what the device is, where that is not the CPU

	MuJoCo      *MuJoCo           `json:"mujoco,omitempty"`      // the library that simulates the task, if one does
	Environment map[string]string `json:"environment,omitempty"` // versions of Python, Gymnasium and the environment, of a task of Gymnasium

	Host   string `json:"host"`
	System string `json:"system"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory_bytes"`
}

// MuJoCo is the library in use.
type MuJoCo struct {
	Version string `json:"version"`
	Path    string `json:"path"`
	SHA256  string `json:"sha256"` // hash of its file
}

// text names the library and its build.
func (m *MuJoCo) text() string { return fmt.Sprintf("%s, SHA-256 %.12s", m.Version, m.SHA256) }

// Changes lists the differences between two machines that may change the last bits of a result.
func (m Machine) Changes(now Machine) []string {
	var changes []string
	differ := func(what, before, after string) {
		if before != after {
			changes = append(changes, fmt.Sprintf("%s was %q, is %q", what, before, after))
		}
	}
	if m.Binary != now.Binary {
		before, after := m.Palmal+" "+m.Commit, now.Palmal+" "+now.Commit
		if before == after {
			changes = append(changes, "the program was built again")
		}
		differ("the program", before, after)
	}
	differ("the backend", m.Backend, now.Backend)
	differ("the device", withoutWorkers(m.Device), withoutWorkers(now.Device))
	differ("the CPU", m.CPU, now.CPU)
	if m.MuJoCo != nil && now.MuJoCo != nil { // runs before it was recorded do not say
		differ("MuJoCo", m.MuJoCo.text(), now.MuJoCo.text())
	}
	return changes
}

// WorldChanges lists the differences between two machines that make the world another one.
func (m Machine) WorldChanges(now Machine) []string {
	var changes []string
	all := maps.Clone(now.Environment)
	if m.Environment == nil || all == nil { // nothing is known of one of them
		return nil
	}
	maps.Copy(all, m.Environment)
	for _, what := range slices.Sorted(maps.Keys(all)) {
		if before, after := m.Environment[what], now.Environment[what]; before != after {
			changes = append(changes, fmt.Sprintf("%s was %q, is %q", what, before, after))
		}
	}
	return changes
}

// withoutWorkers is a device's description without the number of threads, which no result depends on.
func withoutWorkers(device string) string {
	parts := strings.Split(device, ", ")
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool {
		number, found := strings.CutSuffix(strings.TrimSuffix(part, "s"), " worker")
		_, err := strconv.Atoi(number)
		return found && err == nil
	}), ", ")
}

// FillHost fills in the facts of this computer.
func (m *Machine) FillHost() {
	m.Host, _ = os.Hostname()
	m.System = runtime.GOOS + "/" + runtime.GOARCH
	m.CPU = cpu.Processor()
	m.Cores = runtime.NumCPU()
	m.Memory = host.Total()
	m.Binary, _ = hashOfBinary()
}

func hashOfBinary() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Facts reads run.json.
func (d *Directory) Facts() (Facts, error) {
	var facts Facts
	path := filepath.Join(d.Path, FactsName)
	text, err := disk.Read(d.folder, FactsName, mostFacts)
	if err != nil {
		return facts, fmt.Errorf("%s: %w", d.Path, err)
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return facts, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	if facts.Schema < 1 {
		return facts, fmt.Errorf("%s: %w: schema %d", path, ErrDamaged, facts.Schema)
	}
	if facts.Schema > Schema {
		return facts, fmt.Errorf("%s: %w: schema %d, this one reads up to %d", path, ErrNewer, facts.Schema, Schema)
	}
	return facts, nil
}

// WriteFacts replaces run.json.
func (d *Directory) WriteFacts(facts Facts) error {
	facts.Schema = Schema
	text, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return err
	}
	return disk.Replace(d.folder, FactsName, append(text, '\n'))
}
