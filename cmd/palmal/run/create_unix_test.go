//go:build unix

package run

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestPermissionsAreWhatTheUmaskLeaves(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	d := made(t, filepath.Join(t.TempDir(), "a", "run"))
	config := testConfig(t)
	must(t, play(t, d, 0, &fakeGame{end: 2, evaluations: map[int64]float64{1: 1}}, config.Run, nil))
	err := filepath.Walk(filepath.Dir(d.Path), func(path string, info os.FileInfo, err error) error {
		want := os.FileMode(0o640)
		if err == nil && info.IsDir() {
			want = 0o750
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s: %v, want %v", path, info.Mode().Perm(), want)
		}
		return err
	})
	must(t, err)
}
