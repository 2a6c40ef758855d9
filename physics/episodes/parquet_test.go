package episodes_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/episodes"
)

const lerobot = "testdata/lerobot" // written by PyArrow in the layout of LeRobotDataset v3.0

func TestALeRobotDatasetIsRead(t *testing.T) {
	all, err := episodes.ReadLeRobot(lerobot)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Decisions() != 3 || all[1].Decisions() != 2 {
		t.Fatalf("got %+v", all)
	}
	e := all[1]
	if want := []float32{1.2, 1.3, 1.4}; !reflect.DeepEqual(e.Observations[:3], want) {
		t.Errorf("first observation of episode 1: %v, want %v", e.Observations[:3], want)
	}
	if e.Size != (episodes.Size{Observation: 3, Action: 2}) || e.Dt != 0.02 || e.Terminated || !e.Truncated || len(e.Times) != 3 ||
		!reflect.DeepEqual(e.Rewards, []float64{0, 0.5}) || e.Actions[3] != float32(-5.0/7) {
		t.Errorf("got %+v", e)
	}
	one, err := episodes.Read(lerobot + "/data/chunk-000/file-000.parquet")
	if err != nil || len(one) != 2 || one[0].Dt != 0 {
		t.Errorf("one file of it: %+v, %v", one, err)
	}
}

func TestParquetThatIsNoRecordingIsRefused(t *testing.T) {
	whole, err := os.ReadFile(lerobot + "/data/chunk-000/file-000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := episodes.Parse("parquet", whole[:len(whole)/2]); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("half a file: %v", err)
	}
	if _, err := episodes.Read("testdata/missing.parquet"); err == nil || !strings.Contains(err.Error(), "missing (null)") {
		t.Errorf("a missing action: %v", err)
	}
	for _, text := range []string{`{"codebase_version": "v1.6", "fps": 50}`, `{"codebase_version": "v3.0"}`, `{`} {
		folder := t.TempDir()
		if err := os.Mkdir(filepath.Join(folder, "meta"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "meta/info.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := episodes.ReadLeRobot(folder); err == nil || !strings.Contains(err.Error(), "info.json") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := episodes.ReadLeRobot(t.TempDir()); err == nil || !strings.Contains(err.Error(), "neither a run nor a LeRobotDataset") {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestDamagedParquetIsAnErrorNotAPanic turns each byte of the file's footer, where its sizes stand.
func TestDamagedParquetIsAnErrorNotAPanic(t *testing.T) {
	whole, err := os.ReadFile(lerobot + "/data/chunk-000/file-000.parquet")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for at := 0; at < len(whole); at += 5 {
		text := bytes.Clone(whole)
		text[at] ^= 0x55
		all, err := episodes.Parse("parquet", text)
		hold(t, all, err)
		if err == nil {
			read++
		}
	}
	if read == 0 {
		t.Error("no change is harmless: is anything read at all?")
	}
}
