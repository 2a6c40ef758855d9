package physics

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// TestModelsOfOthersLoad reads, compiles and steps the models that bench/models.sh fetched. $PALMAL_MODELS is a
// folder with list.txt, lines of a set, a name and a path; a table is written beside it.
func TestModelsOfOthersLoad(t *testing.T) {
	needsLibrary(t)
	folder := os.Getenv("PALMAL_MODELS")
	if folder == "" {
		t.Skip("NO MODEL OF OTHERS WAS TRIED: bench/models.sh fetches them")
	}
	list, err := os.Open(filepath.Join(folder, "list.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	var table strings.Builder
	fmt.Fprintf(&table, "| set | model | nq | nv | nu | MuJoCo %s |\n|---|---|---|---|---|---|\n", mujoco.Version())
	for lines := bufio.NewScanner(list); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 3 {
			t.Fatalf("%q: want set, name and path", lines.Text())
		}
		m, err := tryModel(filepath.Join(folder, words[2]))
		if err != nil {
			t.Errorf("%s: %v", words[2], err)
			fmt.Fprintf(&table, "| %s | %s | | | | %s |\n", words[0], words[1], strings.ReplaceAll(strings.ReplaceAll(err.Error(), folder, ""), "\n", " "))
			continue
		}
		fmt.Fprintf(&table, "| %s | %s | %d | %d | %d | loads, 100 steps |\n", words[0], words[1], m.NQ, m.NV, m.NU)
	}
	if err := os.WriteFile(filepath.Join(folder, "table.md"), []byte(table.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// tryModel reads a model as tasks new does, and steps it a hundred times with zero controls.
func tryModel(path string) (m *mujoco.Model, err error) {
	folder, file := filepath.Split(path)
	text, assets, _, err := task.ReadModel(task.Source{Folder: filepath.ToSlash(folder), File: file, Read: func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
	}})
	if err != nil {
		return nil, err
	}
	if m, err = mujoco.Load(text, assets); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	d, err := m.NewData()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(d.Close(), err) }()
	return m, d.Step(100)
}
