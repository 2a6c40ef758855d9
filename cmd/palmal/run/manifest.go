package run

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/nn"
)

// Schema is the version of the run directory's layout that this program writes. It reads this one
// and older ones.
const Schema = 1

// Errors of reading a checkpoint.
var (
	// ErrDamaged marks files whose contents are not those that were written.
	ErrDamaged = errors.New("damaged")
	// ErrNewer marks files that a newer program wrote.
	ErrNewer = errors.New("written by a newer palmal")
)

const (
	manifestName = "manifest.json"
	sealName     = "manifest.sha256" // lines as sha256sum writes them
	suffix       = ".safetensors"
)

// Manifest is the table of contents of a checkpoint, manifest.json.
type Manifest struct {
	Schema        int               `json:"schema"`
	Iteration     int               `json:"iteration"`
	Samples       int               `json:"samples"`           // environment steps so far
	Trained       int               `json:"trained,omitempty"` // environment steps that produced the policy, its x; older programs did not record it
	Episodes      int               `json:"episodes"`
	Changes       int               `json:"changes"`                  // number of changes of the world so far
	MetricsBytes  int64             `json:"metrics_bytes"`            // length of metrics.jsonl up to this iteration
	MetricsSHA256 string            `json:"metrics_sha256,omitempty"` // digest of these bytes
	Config        map[string]string `json:"config,omitempty"`         // configuration of the checkpoint, by key
	Files         []FileFact        `json:"files"`
}

// FileFact describes one file of a checkpoint: a group of arrays.
type FileFact struct {
	Name   string      `json:"name"`
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256"`
	Arrays []ArrayFact `json:"arrays"`
}

// ArrayFact describes one array.
type ArrayFact struct {
	Name  string `json:"name"`
	Dtype string `json:"dtype"`
	Shape []int  `json:"shape"`
}

// describe lists the arrays of a state.
func describe(state nn.State) []ArrayFact {
	facts := []ArrayFact{}
	for _, array := range state {
		facts = append(facts, ArrayFact{array.Name, array.Value.Dtype().String(), append([]int{}, array.Value.Shape()...)})
	}
	return facts
}

// seal is the contents of manifest.sha256.
func seal(manifest []byte) []byte {
	sum := sha256.Sum256(manifest)
	return []byte(hex.EncodeToString(sum[:]) + "  " + manifestName + "\n")
}

// readManifest reads the table of contents of a checkpoint and checks it against its seal, and its numbers
// against each other. Checkpoints of older programs have no seal.
func readManifest(f disk.Folder, dir string) (Manifest, error) {
	text, err := disk.Read(f, dir+"/"+manifestName, mostManifest)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var manifest Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	if manifest.Schema > Schema {
		return Manifest{}, fmt.Errorf("%w: schema %d, this one reads up to %d", ErrNewer, manifest.Schema, Schema)
	}
	if err := checkSeal(f, dir, text, manifest); err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	if err := manifest.check(); err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	return manifest, nil
}

// checkSeal checks a manifest against manifest.sha256.
func checkSeal(f disk.Folder, dir string, text []byte, manifest Manifest) error {
	want, err := disk.Read(f, dir+"/"+sealName, mostNote)
	if err != nil {
		kind, kindErr := f.Kind(dir + "/" + sealName)
		if kindErr == nil && kind == disk.Nothing && manifest.MetricsSHA256 == "" && manifest.Config == nil {
			return nil // older programs wrote none
		}
		return err
	}
	if string(want) != string(seal(text)) {
		return fmt.Errorf("its contents changed: SHA-256 differs from %s", sealName)
	}
	return nil
}

// check refuses impossible numbers.
func (m Manifest) check() error {
	if m.Schema < 1 || m.Iteration < 0 || m.Samples < 0 || m.Trained < 0 || m.Trained > m.Samples || m.Episodes < 0 || m.Changes < 0 || m.MetricsBytes < 0 {
		return fmt.Errorf("impossible numbers: schema %d, iteration %d, samples %d, trained %d, episodes %d, changes %d, metrics_bytes %d",
			m.Schema, m.Iteration, m.Samples, m.Trained, m.Episodes, m.Changes, m.MetricsBytes)
	}
	seen := map[string]bool{}
	for _, fact := range m.Files {
		if err := fact.check(); err != nil {
			return fmt.Errorf("%q: %w", fact.Name, err)
		}
		if seen[fact.Name] {
			return fmt.Errorf("%q is listed twice", fact.Name)
		}
		seen[fact.Name] = true
	}
	return nil
}

// check refuses a file whose length differs from that of its arrays.
func (f FileFact) check() error {
	group, found := strings.CutSuffix(f.Name, suffix)
	if !found || group == "" || strings.ContainsAny(f.Name, `/\`) {
		return errors.New("lies outside the checkpoint")
	}
	numbers := int64(0)
	for _, array := range f.Arrays {
		size, err := array.bytes()
		if err != nil {
			return err
		}
		if numbers += size; numbers < 0 {
			return errors.New("its arrays are larger than any file")
		}
	}
	if rest := f.Bytes - numbers; rest < headerAlignment || rest > headerAlignment+largestHeader {
		return fmt.Errorf("%d bytes do not fit its arrays, which take %d", f.Bytes, numbers)
	}
	return nil
}

// bytes is the size of the array's numbers.
func (a ArrayFact) bytes() (int64, error) {
	for _, dtype := range numberTypes() {
		if dtype.String() != a.Dtype {
			continue
		}
		count := int64(dtype.Size())
		for _, n := range a.Shape {
			if n < 0 || (n > 0 && count > math.MaxInt64/int64(n)) {
				return 0, fmt.Errorf("array %s has the impossible shape %v", a.Name, a.Shape)
			}
			count *= int64(n)
		}
		return count, nil
	}
	return 0, fmt.Errorf("array %s has numbers of type %q", a.Name, a.Dtype)
}

// equal reports whether two descriptions are of the same arrays.
func (a ArrayFact) equal(b ArrayFact) bool {
	return a.Name == b.Name && a.Dtype == b.Dtype && slices.Equal(a.Shape, b.Shape)
}
