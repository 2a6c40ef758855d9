package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/run"
)

// version is set by the linker: -X main.version=...
var version = "development"

func (p *program) version() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "what this program is: version, commit, build tags",
		Description: "Examples:\n  palmal version\n  palmal version --json",
		Action: func(c *cli.Context) error {
			if _, err := positional(c, 0, 0, ""); err != nil {
				return err
			}
			m := buildFacts()
			if p.json {
				p.printJSON(map[string]any{"version": m.Palmal, "commit": m.Commit, "tags": m.Tags, "go": m.Go, "system": m.System})
				return nil
			}
			p.printf("palmal %s\ncommit  %s\ntags    %s\ngo      %s %s\n", m.Palmal, orNone(m.Commit),
				orNone(strings.Join(m.Tags, " ")), m.Go, m.System)
			return nil
		},
	}
}

// buildFacts is what the program knows of how it was built.
func buildFacts() run.Machine {
	m := run.Machine{Palmal: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Tags: []string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return m
	}
	modified := ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "-tags":
			m.Tags = strings.FieldsFunc(setting.Value, func(r rune) bool { return r == ',' || r == ' ' })
		case "vcs.revision":
			m.Commit = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				modified = " with changes"
			}
		}
	}
	m.Commit += modified
	if m.Palmal == "development" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		m.Palmal = info.Main.Version
	}
	return m
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// mebibytes writes a size for people.
func mebibytes(bytes int64) string {
	if bytes >= 10<<30 {
		return fmt.Sprintf("%.0f GiB", float64(bytes)/(1<<30))
	}
	return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20))
}
