//go:build unix

package run

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestWhatIsNoPlainFileIsRefusedAtOnce puts pipes and files of 3 GiB in the place of files.
func TestWhatIsNoPlainFileIsRefusedAtOnce(t *testing.T) {
	for _, name := range []string{FactsName, configName, metricsName, "checkpoints/000005/" + manifestName, "checkpoints/000005/" + sealName,
		"checkpoints/000005/policy.safetensors"} {
		for what, put := range map[string]func(path string) error{
			"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
			"directory": func(path string) error { return os.Mkdir(path, 0o700) },
			"3 GiB": func(path string) error {
				return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 3<<30))
			},
			"device": func(path string) error { return os.Symlink("/dev/zero", path) },
		} {
			d, config := playedRun(t)
			path := filepath.Join(d.Path, name)
			must(t, os.Remove(path))
			must(t, put(path))
			_, _, err := Open(d.Path)
			if err == nil {
				_, err = Begin(d, 5, &fakeGame{}, config, nil)
			}
			if err == nil {
				t.Errorf("%s is a %s: taken", name, what)
			}
		}
	}
}
