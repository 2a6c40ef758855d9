package run

import (
	"strings"
	"syscall"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/disk/disktest"
)

// lowerLayer refuses to rename checkpoints, as an overlay file system does with directories of its
// lower layers.
type lowerLayer struct {
	disk.Folder
	refused int
}

func (l *lowerLayer) Rename(from, to string) error {
	if strings.HasPrefix(from, checkpointsName+"/0") {
		l.refused++
		return syscall.EXDEV
	}
	return l.Folder.Rename(from, to)
}

// TestARunInALowerLayerGoesBack has newer checkpoints set aside and old ones removed where their
// directories cannot be renamed, and ends as it does elsewhere.
func TestARunInALowerLayerGoesBack(t *testing.T) {
	t.Parallel()
	ended := disktest.NewMemory()
	if err := newLife(t).live(ended); err != nil {
		t.Fatal(err)
	}
	want := outcome(t, ended)
	last, err := disk.Read(ended, checkpointIn(7)+"/"+manifestName, mostManifest)
	if err != nil {
		t.Fatal(err)
	}
	layers := &lowerLayer{Folder: ended}
	back := newLife(t)
	back.from = 6
	back.warn = func(text string) { t.Errorf("warning: %s", text) }
	if err := back.live(layers); err != nil {
		t.Fatal(err)
	}
	if layers.refused < 2 { // one directory to set aside, one to remove
		t.Errorf("%d renames were refused: the layers were not met", layers.refused)
	}
	if got := outcome(t, ended); got != want {
		t.Errorf("the run ended as %v, want %v", got, want)
	}
	aside, err := disk.Read(ended, "set-aside-after-000006/000007/"+manifestName, mostManifest)
	if err != nil || string(aside) != string(last) {
		t.Errorf("checkpoint 7 set aside has a manifest of %d bytes, want %d, error %v", len(aside), len(last), err)
	}
}
