package disktest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// TestMemoryIsAsTheHost does the same at random to a folder in memory and to one of the operating
// system, and compares what comes of it.
func TestMemoryIsAsTheHost(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	names := []string{"a", "b", "d", "d/a", "d/e", "d/e/f"}
	for range 20 {
		host, err := disk.OpenFolder(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		memory := NewMemory()
		history := ""
		for range 60 {
			act, one, other := rng.IntN(10), names[rng.IntN(len(names))], names[rng.IntN(len(names))]
			history += fmt.Sprintf("%d %s %s\n", act, one, other)
			real, modelled := do(host, act, one, other), do(memory, act, one, other)
			if (real == nil) != (modelled == nil) {
				t.Fatalf("%s%v in memory, %v on the host", history, modelled, real)
			}
			if a, b := everything(memory, "."), everything(host, "."); a != b {
				t.Fatalf("%sin memory\n%son the host\n%s", history, a, b)
			}
		}
	}
}

// do does one of the things that are done to folders.
func do(f disk.Folder, act int, one, other string) error {
	switch act {
	case 0, 1:
		return f.Mkdir(one)
	case 2, 3:
		return disk.WriteText(f, one, []byte("new "+one))
	case 4, 5:
		file, err := f.Append(one)
		if err != nil {
			return err
		}
		_, err = file.Write([]byte("more"))
		return errors.Join(err, file.Truncate(9), file.Close())
	case 6:
		kind, err := f.Kind(other)
		if err != nil || kind == disk.Directory || one == other || len(other) > len(one) && other[:len(one)] == one {
			return err // the program renames nothing onto a directory, nor into itself
		}
		return f.Rename(one, other)
	case 7:
		return f.Remove(one)
	case 8:
		if kind, err := f.Kind(one); err != nil || kind != disk.Directory {
			return err
		}
		return f.Sync(one)
	}
	return disk.RemoveAll(f, one)
}

// everything lists a folder with its contents.
func everything(f disk.Folder, name string) string {
	kind, err := f.Kind(name)
	if err != nil {
		return err.Error()
	}
	all := fmt.Sprintf("%s %v\n", name, kind)
	if kind == disk.Plain {
		text, err := disk.Read(f, name, 1000)
		return fmt.Sprintf("%s%q %v\n", all, text, err)
	}
	names, err := f.Names(name)
	if err != nil {
		return err.Error()
	}
	for _, entry := range names {
		if name != "." {
			entry = name + "/" + entry
		}
		all += everything(f, entry)
	}
	return all
}

// TestPowerCutsKeepWhatWasSynced and lose what was not, in some of the states that they leave.
func TestPowerCutsKeepWhatWasSynced(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	memory := NewMemory()
	if err := errors.Join(disk.WriteText(memory, "kept", []byte("kept")), memory.Sync("."), disk.WriteText(memory, "new", []byte("new"))); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for range 100 {
		after := memory.Cut(rng)
		if text, err := disk.Read(after, "kept", 10); err != nil || string(text) != "kept" {
			t.Fatalf("%q, %v", text, err)
		}
		if kind, _ := after.Kind("new"); kind == disk.Nothing {
			lost++
		}
	}
	if lost == 0 || lost == 100 {
		t.Errorf("a name that was not synced is lost in %d of 100 cuts", lost)
	}
}
