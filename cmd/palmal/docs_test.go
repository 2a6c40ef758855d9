package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/bench"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// TestEveryKeyOfTheRunDirectoryIsDocumented looks for the JSON keys of everything that a run
// directory holds, and of what replay, diagnose, refit, bench, doctor --devices and --sync print, in docs/run-directory.md.
func TestEveryKeyOfTheRunDirectoryIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/run-directory.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []any{algo.Record{}, run.Facts{}, run.Manifest{}, run.Best{}, physics.ReplayResult{}, algo.Diagnosis{}, kernelTime{},
		bench.Result{}, listedDevice{}, trial{}} {
		for _, key := range jsonKeys(reflect.TypeOf(value)) {
			if !strings.Contains(string(text), "`"+key+"`") {
				t.Errorf("%T: key %s is not documented", value, key)
			}
		}
	}
}

// TestTheReadmeNamesEveryVerbAndFlag looks for each verb after the program's name, and for each flag as code.
func TestTheReadmeNamesEveryVerbAndFlag(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, command := range (&program{}).app().Commands {
		if command.Hidden {
			continue
		}
		if !strings.Contains(text, "bin/palmal "+command.Name) {
			t.Errorf("verb %s is not in the README", command.Name)
		}
		for _, flag := range command.Flags {
			if name := usage.Dashed(flag.Names()[0]); !strings.Contains(text, "`"+name+"`") {
				t.Errorf("%s: flag %s is not in the README", command.Name, name)
			}
		}
	}
}

// TestLinesOfThePagesAreShort: 120 characters, as in the code; tables, code and what cannot be wrapped aside.
func TestLinesOfThePagesAreShort(t *testing.T) {
	pages, err := filepath.Glob("../../*.md")
	more, also := filepath.Glob("../../docs/*.md")
	results, last := filepath.Glob("../../docs/results/*.md")
	pages = slices.Concat(pages, more, results)
	if err := errors.Join(err, also, last); err != nil || len(pages) < 15 {
		t.Fatalf("%d pages, error %v", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		code := false
		for i, line := range strings.Split(string(text), "\n") {
			code = code != strings.HasPrefix(strings.TrimSpace(line), "```")
			set := code || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "    ") || !strings.Contains(strings.TrimSpace(line), " ")
			if n := utf8.RuneCountInString(line); n > 120 && !set {
				t.Errorf("%s:%d has %d characters", page, i+1, n)
			}
		}
	}
}

// TestThePagesAreListed looks for every page of docs in the README and in docs/index.md.
func TestThePagesAreListed(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, error %v", len(pages), err)
	}
	for list, prefix := range map[string]string{"../../README.md": "docs/", "../../docs/index.md": ""} {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			if name := filepath.Base(page); name != filepath.Base(list) && !strings.Contains(string(text), "("+prefix+name) {
				t.Errorf("%s does not list %s", list, name)
			}
		}
	}
}

// TestTheArchitecturePageNamesEveryFloorAndKernel holds the page to the list of imports and to the sources in cuda.
func TestTheArchitecturePageNamesEveryFloorAndKernel(t *testing.T) {
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range floors() {
		if f.path != "." && !regexp.MustCompile(`\b`+f.path+`(\s|;)`).Match(page) {
			t.Errorf("package %s is on no floor of the page", f.path)
		}
	}
	files, err := filepath.Glob("../../cuda/*.cu")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files of kernels, error %v", len(files), err)
	}
	kernel := regexp.MustCompile(`__global__ void\s+(?:__launch_bounds__\([^)]*\)\s+)?(\w+)\(`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := kernel.FindAllSubmatch(text, -1)
		if len(found) != strings.Count(string(text), "__global__ void") {
			t.Errorf("%s: %d kernels read", file, len(found))
		}
		for _, match := range found {
			if !strings.Contains(string(page), "`"+string(match[1])+"`") {
				t.Errorf("%s: kernel %s is not in the table", file, match[1])
			}
		}
	}
}

// TestEveryCurveOfTheDocsIsDrawn draws all tables of the results, those of a task in one picture.
func TestEveryCurveOfTheDocsIsDrawn(t *testing.T) {
	files, err := filepath.Glob("../../docs/results/curves/*.csv")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d tables, error %v", len(files), err)
	}
	byTask := map[string][]plot.Run{}
	for _, file := range files {
		r, err := curvesOf(file, plot.Value{})
		if err != nil {
			t.Error(err)
			continue
		}
		_, builtIn := tasks.Get(r.Task)
		_, example := findTask(run.Named{Name: "../../examples/" + r.Task})
		if err := errors.Join(builtIn, example); builtIn != nil && example != nil || !strings.HasPrefix(filepath.Base(file), r.Task+"-") {
			t.Errorf("%s is of task %q, error %v", file, r.Task, err)
		}
		byTask[r.Task] = append(byTask[r.Task], r)
	}
	for name, runs := range byTask {
		if _, err := plot.Draw(plot.Groups(runs, false), ".svg"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// jsonKeys lists the keys of a type and of all types inside it.
func jsonKeys(t reflect.Type) []string {
	var keys []string
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return jsonKeys(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if key != "" && key != "-" {
				keys = append(keys, key)
			}
			if field.IsExported() && field.Type.PkgPath() != "time" {
				keys = append(keys, jsonKeys(field.Type)...)
			}
		}
	}
	return keys
}
