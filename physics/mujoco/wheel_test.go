package mujoco

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// wheel writes an archive of one file.
func wheel(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mujoco-0.0.0-py3-none-any.whl")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(out)
	entry, err := archive.Create(name)
	if err == nil {
		_, err = entry.Write(content)
	}
	if err := errors.Join(err, archive.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// The library in use works out of a wheel, a folder and a copy, too, and is unpacked once.
func TestLibrariesAreFoundWhereTheyAreNamed(t *testing.T) {
	needsLibrary(t)
	l, err := process()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	content, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Base(l.path)
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "mujoco"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "mujoco", base), content, 0o644); err != nil {
		t.Fatal(err)
	}
	archive := wheel(t, "mujoco/"+base, content)
	for _, named := range []string{l.path, folder, archive, filepath.Dir(archive), archive} {
		found, err := find(named)
		if err != nil {
			t.Errorf("%s: %v", named, err)
			continue
		}
		if found.release != l.release || found.source != Variable {
			t.Errorf("%s: found %s by %s", named, found.release, found.source)
		}
	}
	if unpacked, err := filepath.Glob(filepath.Join(cache(), "*", "*")); err != nil || len(unpacked) != 1 {
		t.Errorf("the cache holds %q, error %v", unpacked, err)
	}
}

func TestWhatIsNoLibraryIsRefused(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	text := filepath.Join(t.TempDir(), "libmujoco.so")
	if err := os.WriteFile(text, []byte("not a library"), 0o644); err != nil {
		t.Fatal(err)
	}
	libc := map[string]string{"linux": "libc.so.6", "darwin": "/usr/lib/libSystem.B.dylib", "windows": "kernel32.dll"}[runtime.GOOS]
	if _, err := loadLibrary(libc, "test"); err == nil || !strings.Contains(err.Error(), "it is not MuJoCo") {
		t.Errorf("%s: error %v", libc, err)
	}
	for named, want := range map[string]string{text: text, wheel(t, "other/"+filepath.Base(text), nil): "the wheel has no file mujoco/",
		wheel(t, "mujoco/nested/libmujoco.so.1", nil): "the wheel has no file mujoco/"} {
		if _, err := find(named); !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", named, err, want)
		}
	}
	if _, err := find(t.TempDir()); !errors.Is(err, ErrMissing) || errors.Is(err, ErrUnusable) {
		t.Errorf("an empty folder: error %v", err)
	}
}
