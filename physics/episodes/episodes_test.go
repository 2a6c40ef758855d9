package episodes_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/episodes"
)

// recorded is an episode with everything in it.
func recorded(decisions int) episodes.Episode {
	e := episodes.Episode{Size: episodes.Size{Observation: 3, Action: 2}, Terminated: decisions%2 == 0, Truncated: decisions%2 == 1, Dt: 0.02, Policy: 7,
		Meta: map[string]any{"operator": "A"}}
	for i := range decisions + 1 {
		e.Times = append(e.Times, 0.02*float64(i))
		e.Observations = append(e.Observations, float32(i), 0.1, float32(math.Pi))
	}
	for i := range decisions {
		e.Actions, e.Rewards = append(e.Actions, -1, float32(i)/3), append(e.Rewards, float64(i)/7)
	}
	return e
}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	all := []episodes.Episode{recorded(1), recorded(4), recorded(3)}
	bare := recorded(2)
	bare.Rewards, bare.Times, bare.Meta, bare.Policy, bare.Dt = nil, nil, nil, -1, 0
	for _, list := range [][]episodes.Episode{all, {bare}} {
		for _, format := range []string{"npz", "jsonl"} {
			var out bytes.Buffer
			if err := episodes.Encode(format, &out, list); err != nil {
				t.Fatal(err)
			}
			got, err := episodes.Decode(format, bytes.NewReader(out.Bytes()), int64(out.Len()))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, list) {
				t.Errorf("%s: got %+v, want %+v", format, got, list)
			}
			if episodes.Digest(got) != episodes.Digest(list) {
				t.Errorf("%s: another digest", format)
			}
		}
	}
}

// TestWhatIsReadCanBeKept holds what JSON lines say of episodes to what the npz file that keeps them may say.
func TestWhatIsReadCanBeKept(t *testing.T) {
	read := func(more string) ([]episodes.Episode, error) {
		one := `{"observations": [[1], [2]], "actions": [[0]], "truncated": true` + more + "}\n"
		return episodes.Parse("jsonl", []byte(one+one))
	}
	half := strings.Repeat("<", 1<<20/6-100) // each is written as six letters
	all, err := read(`, "meta": {"log": "` + half + `"}, "policy": 2147483647`)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := episodes.Encode("npz", &file, all); err != nil {
		t.Fatal(err)
	}
	kept, err := episodes.Parse("npz", file.Bytes())
	if err != nil || kept[1].Policy != 2147483647 || kept[1].Meta["log"] != half {
		t.Errorf("what was read and kept cannot be read again: %v", err)
	}
	for more, want := range map[string]string{
		`, "meta": {"log": "` + half + half + `"}`: "meta: 2",
		`, "policy": 5000000000`:                   "policy: 5000000000",
	} {
		if _, err := read(more); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30s: error %v, want one with %q", more, err, want)
		}
	}
}

func TestNumPysFilesAreRead(t *testing.T) {
	all, err := episodes.Read("testdata/numpy.npz")
	if err != nil {
		t.Fatal(err)
	}
	e := all[0]
	if len(all) != 1 || e.Decisions() != 5 || !e.Terminated || e.Truncated || e.Dt != 0.02 || e.Policy != 12 || e.Rewards[4] != 4 {
		t.Errorf("got %+v", e)
	}
	// Printed by NumPy; the array is stored column by column.
	if want := []float32{-1.30315723, 0.90535587, 0.44637457}; !reflect.DeepEqual(e.Observations[3:6], want) {
		t.Errorf("row 1 of a column-major array is %v, want %v", e.Observations[3:6], want)
	}
}

func TestRowsOfD4RLBecomeEpisodes(t *testing.T) {
	all, err := episodes.Read("testdata/d4rl.npz")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Decisions() != 4 || !all[0].Terminated || all[1].Decisions() != 3 || !all[1].Truncated {
		t.Fatalf("got %+v", all)
	}
	if last := all[0].Observations[12:]; last[0] != 9 || all[1].Observations[9] != 8 {
		t.Errorf("the last observations are not those of next_observations: %v", last)
	}
}

// TestWhatIsNotAnEpisodeIsRefused holds a refusal of each kind to the words that help.
func TestWhatIsNotAnEpisodeIsRefused(t *testing.T) {
	change := func(edit func(*episodes.Episode)) episodes.Episode {
		e := recorded(3)
		edit(&e)
		return e
	}
	nan := float32(math.NaN())
	for want, e := range map[string]episodes.Episode{
		"observations: row 2, column 1 is NaN": change(func(e *episodes.Episode) { e.Observations[7] = nan }),
		"actions: row 1, column 0 is +Inf":     change(func(e *episodes.Episode) { e.Actions[2] = float32(math.Inf(1)) }),
		"rewards: row 0":                       change(func(e *episodes.Episode) { e.Rewards[0] = math.NaN() }),
		"times that grow":                      change(func(e *episodes.Episode) { e.Times[2] = 0 }),
		"is terminated and truncated":          change(func(e *episodes.Episode) { e.Terminated = true }),
		"observations: 9 numbers, want 12":     change(func(e *episodes.Episode) { e.Observations = e.Observations[:9] }),
		"rewards: 2 numbers, want 3":           change(func(e *episodes.Episode) { e.Rewards = e.Rewards[:2] }),
		"no decision":                          change(func(e *episodes.Episode) { e.Actions = nil }),
		"dt: -1 s":                             change(func(e *episodes.Episode) { e.Dt = -1 }),
		"0 observation entries and 2 actions":  change(func(e *episodes.Episode) { e.Size.Observation = 0 }),
	} {
		if err := e.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestJSONThatIsNoEpisodeIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "holds no episode",
		`{"observations":[[1],[NaN]]}`: "JSON has no NaN",
		`{"observations":[[1],[null]],"actions":[[1]]}`:           "want a number",
		`{"observations":[[1],[2]],"actions":[[1e60]]}`:           "want a number that float32 can hold",
		`{"observations":[[1],[2,3]],"actions":[[1]]}`:            "2 numbers in row 1, 1 in row 0",
		`{"observations":[[1],[2]],"actions":[["up"]]}`:           "want a number",
		`{"observations":[[1],[2]],"actions":[[1]],"reward":[1]}`: `unknown field "reward"`,
		`{"observations":[[1],[2]],"actions":[[1]]`:               "cut off",
		`{"observations":[1,2],"actions":[[1]]}`:                  "want a list of numbers",
		`{"observations":[[1],[2]],"policy":1.5}`:                 "policy: got number 1.5, want a whole number",
		`{"observations":3,"actions":[[1]]}`:                      "observations: got number, want a list of lists of numbers",
		`{"observations":[[1],[2]],"terminated":1}`:               "terminated: 1: want true or false",
		`{"observations":[[1],[2]],"truncated":null}`:             "truncated: null: want true or false",
		`{"Observations":[[1],[2]],"actions":[[1]]}`:              `unknown field "Observations"`,
		`{"actions":[[1]],"observations":[[1]],"actions":[[2]]}`:  "actions is given twice",
		`{"observations":[[1],[2]],"actions":[[1]],`:              "cut off",
		`{"observations":[[1],[2]],"actions"`:                     "cut off",
		`{"observations":[[1],`:                                   "cut off",
		`{`:                                                       "cut off",
		`{"observations":[[1],[2]] "actions":[[1]]}`:              "invalid character",
		`7`:                                   "begins with 7, want an object",
		`{"observations":[[1],[2]],"dt":"x"}`: "dt: got string, want a number",
		`{"observations":[[1],[2]],"meta":3}`: "meta: got number, want an object",
		`[{"observations":[[1],[2]],"actions":[[1]]}]`: "is not an episode in JSON: begins with [, want an object",
		`{"observations":[[1],[2]],"actions":[[1]]}
		 {"observations":[[1,1],[2,2]],"actions":[[1]]}`: "episode 1 has 2 observation entries",
	} {
		_, err := episodes.Decode("jsonl", strings.NewReader(text), int64(len(text)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestFilesOfOtherKindsAreRefusedByName(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "data.hdf5")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{path, filepath.Join(folder, "none.npz"), filepath.Join(folder, "x.npz")} {
		if at == filepath.Join(folder, "x.npz") {
			if err := os.Mkdir(at, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := episodes.Read(at); err == nil || !strings.HasPrefix(err.Error(), at+": ") {
			t.Errorf("%s: got %v", at, err)
		}
	}
}
