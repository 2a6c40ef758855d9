package run

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/disk/disktest"
)

// TestRefusalsChangeNothing alters every file of a run in several ways. A resume then continues to the
// same end, or refuses; then nothing is changed.
func TestRefusalsChangeNothing(t *testing.T) {
	t.Parallel()
	memory := disktest.NewMemory()
	if err := newLife(t).live(memory); err != nil {
		t.Fatal(err)
	}
	played, err := disk.Read(memory, metricsName, mostMetrics)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	var list func(name string)
	list = func(name string) {
		names, err := memory.Names(name)
		if err != nil {
			files = append(files, name)
		}
		for _, entry := range names {
			list(strings.TrimPrefix(name+"/"+entry, "./"))
		}
	}
	list(".")
	if len(files) < 15 {
		t.Fatalf("only %v", files)
	}
	refused := 0
	for _, name := range files {
		for way, alter := range alterations() {
			altered := memory.Kill()
			text, err := disk.Read(altered, name, mostMetrics)
			if err != nil {
				t.Fatal(err)
			}
			if err := altered.Remove(name); err != nil {
				t.Fatal(err)
			}
			if with, stays := alter(text); stays {
				if err := disk.WriteText(altered, name, with); err != nil {
					t.Fatal(err)
				}
			}
			before := inventory(t, altered, ".")
			err = newLife(t).live(altered)
			if err == nil { // an older checkpoint, or what is written from others
				now, readErr := disk.Read(altered, metricsName, mostMetrics)
				if readErr != nil || string(now) != string(played) {
					t.Errorf("%s %s: the metrics are others", name, way)
				}
				if strings.HasPrefix(name, "checkpoints/000007") || name == metricsName && way != "doubled" { // what follows a checkpoint is cut
					t.Errorf("%s %s: nobody noticed", name, way)
				}
				continue
			}
			refused++
			if after := inventory(t, altered, "."); after != before {
				t.Errorf("%s %s: refused with %v, but changed\n%s\nto\n%s", name, way, err, before, after)
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d refusals", refused)
	}
}

// alterations of a file: what it then holds, and whether it is there.
func alterations() map[string]func([]byte) ([]byte, bool) {
	return map[string]func([]byte) ([]byte, bool){
		"removed": func([]byte) ([]byte, bool) { return nil, false },
		"emptied": func([]byte) ([]byte, bool) { return nil, true },
		"halved":  func(text []byte) ([]byte, bool) { return text[:len(text)/2], true },
		"doubled": func(text []byte) ([]byte, bool) { return slices.Concat(text, text), true },
		"with a bit turned": func(text []byte) ([]byte, bool) {
			text = slices.Clone(text)
			if len(text) > 0 {
				text[len(text)/3] ^= 1
			}
			return text, true
		},
		"zeroed": func(text []byte) ([]byte, bool) { return make([]byte, len(text)), true },
	}
}

// exchange gives a file of a folder other contents.
func exchange(t *testing.T, f disk.Folder, name string, change func([]byte) []byte) {
	t.Helper()
	text, err := disk.Read(f, name, mostMetrics)
	if err == nil {
		err = f.Remove(name)
	}
	if err == nil {
		err = disk.WriteText(f, name, change(text))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unsealed is a run whose newest checkpoint an older program wrote: without a seal, and without what
// only sealed manifests hold.
func unsealed(t *testing.T) *disktest.Memory {
	t.Helper()
	memory := disktest.NewMemory()
	if err := newLife(t).live(memory); err != nil {
		t.Fatal(err)
	}
	if err := memory.Remove("checkpoints/000007/" + sealName); err != nil {
		t.Fatal(err)
	}
	exchange(t, memory, "checkpoints/000007/"+manifestName, func(text []byte) []byte {
		var m Manifest
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		m.MetricsSHA256, m.Config, m.Trained = "", nil, 0
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return text
	})
	return memory
}

// TestEveryNumberOfAManifestIsHeldAgainstTheRest changes each number of a manifest without a seal,
// which an older program wrote, and of best.json.
func TestEveryNumberOfAManifestIsHeldAgainstTheRest(t *testing.T) {
	memory := unsealed(t)
	if err := newLife(t).live(memory.Kill()); err != nil {
		t.Fatalf("a checkpoint of an older program: %v", err)
	}
	name := "checkpoints/000007/" + manifestName
	text, err := disk.Read(memory, name, mostManifest)
	if err != nil {
		t.Fatal(err)
	}
	numbers := regexp.MustCompile(`(?m)(?:: |^ +)(-?[0-9]+),?$`).FindAllSubmatchIndex(text, -1)
	if len(numbers) < 10 {
		t.Fatalf("%d numbers in\n%s", len(numbers), text)
	}
	for _, at := range numbers {
		old := string(text[at[2]:at[3]])
		for _, with := range []string{"-1", "0", "1", "3", "1" + old, "9223372036854775807", "1e99", "null"} {
			if with == old || with == "null" && old == "0" {
				continue
			}
			altered := memory.Kill()
			exchange(t, altered, name, func([]byte) []byte { return slices.Concat(text[:at[2]], []byte(with), text[at[3]:]) })
			before := inventory(t, altered, ".")
			where := fmt.Sprintf("byte %d, %s for %s", at[2], with, old)
			if err := newLife(t).live(altered); err == nil {
				t.Errorf("%s: nobody noticed in\n%s", where, text)
			}
			if inventory(t, altered, ".") != before {
				t.Errorf("%s: refused, but changed", where)
			}
		}
	}
}

// TestBestIsHeldAgainstTheMetrics changes each number of best.json.
func TestBestIsHeldAgainstTheMetrics(t *testing.T) {
	memory := disktest.NewMemory()
	if err := newLife(t).live(memory); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"iteration", "samples", "return", "ci_low"} {
		for _, with := range []string{"-1", "0", "5", "null", `"x"`, "1e300"} {
			altered := memory.Kill()
			exchange(t, altered, bestName, func(text []byte) []byte {
				return regexp.MustCompile(`"`+key+`": [^,\n]*`).ReplaceAll(text, []byte(`"`+key+`": `+with))
			})
			if best, found, err := directoryIn(altered).Best(); err == nil {
				t.Errorf("%s %s: %+v, %v", key, with, best, found)
			}
		}
	}
}

// TestACheckpointIsThatOfItsName puts a checkpoint in the place of another.
func TestACheckpointIsThatOfItsName(t *testing.T) {
	memory := disktest.NewMemory()
	if err := newLife(t).live(memory); err != nil {
		t.Fatal(err)
	}
	if err := memory.Rename(checkpointIn(6), checkpointIn(9)); err != nil {
		t.Fatal(err)
	}
	before := inventory(t, memory, ".")
	if err := newLife(t).live(memory); err == nil || !strings.Contains(err.Error(), "it is that of iteration 6") {
		t.Errorf("error %v", err)
	}
	if inventory(t, memory, ".") != before {
		t.Error("refused, but changed")
	}
	if good, found := directoryIn(memory).LastGood(9); !found || good != 7 {
		t.Errorf("last good checkpoint %d, %v", good, found)
	}
}

// TestPlayedIterationsAreNotThrownAway takes every checkpoint from a run that has ended.
func TestPlayedIterationsAreNotThrownAway(t *testing.T) {
	memory := disktest.NewMemory()
	if err := newLife(t).live(memory); err != nil {
		t.Fatal(err)
	}
	for _, n := range checkpoints(t, directoryIn(memory)) {
		if err := disk.RemoveAll(memory, checkpointIn(n)); err != nil {
			t.Fatal(err)
		}
	}
	before := inventory(t, memory, ".")
	err := newLife(t).live(memory)
	if err == nil || !strings.Contains(err.Error(), "holds 7 iterations, but there is no checkpoint") || !strings.Contains(err.Error(), "palmal train --config") {
		t.Errorf("error %v", err)
	}
	if inventory(t, memory, ".") != before {
		t.Error("refused, but changed")
	}
}
