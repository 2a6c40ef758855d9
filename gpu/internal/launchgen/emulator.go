package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxThreads is the most threads of a block without __launch_bounds__.
const maxThreads = "1024"

// generateEmulator writes out/kernel_NAME.cpp for every NAME.cu: the file itself and the registration of its
// kernels with the emulator. It keeps unchanged files and removes those without a kernel.
func generateEmulator(dir, out string) error {
	s, err := read(dir)
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for _, k := range s.kernels {
		path := filepath.Join(out, "kernel_"+strings.TrimSuffix(k.file, ".cu")+".cpp")
		if texts[path] == "" {
			texts[path] = fmt.Sprintf("#include %q\n", k.file)
		}
		threads := k.threads
		if threads == "" {
			threads = maxThreads
		}
		texts[path] += fmt.Sprintf("EMULATED_KERNEL(%s, %s)\n", k.name, threads)
	}
	old, err := filepath.Glob(filepath.Join(out, "kernel_*.cpp"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if texts[path] == "" {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for path, text := range texts {
		if have, err := os.ReadFile(path); err == nil && slices.Equal(have, []byte(text)) {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
