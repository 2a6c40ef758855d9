package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// version is set by the linker: -X main.version=...
var version = "development"

func (p *program) version() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print version, commit and build tags",
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
			p.printf("palmal %s\ncommit  %s\ntags    %s\ngo      %s %s\n", m.Palmal, orUnknown(m.Commit),
				orNone(strings.Join(m.Tags, " ")), m.Go, m.System)
			return nil
		},
	}
}

// buildFacts describes how the program was built.
func buildFacts() run.Machine {
	m := run.Machine{Palmal: version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Tags: []string{}}
	if info, ok := debug.ReadBuildInfo(); ok {
		readBuild(&m, info)
	}
	return m
}

// readBuild reads what the Go command recorded: the commit of a checkout, or the version of a fetched
// module, which ends with the commit where it has no name.
func readBuild(m *run.Machine, info *debug.BuildInfo) {
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
	fetched := info.Main.Version
	if fetched == "(devel)" {
		fetched = ""
	}
	if m.Palmal == "development" && fetched != "" {
		m.Palmal = fetched
	}
	if m.Commit == "" {
		m.Commit = commitIn(fetched)
	}
	if m.Commit == "" {
		m.Commit = commitIn(m.Palmal) // the Makefile sets the version
	}
	if m.Commit != "" {
		m.Commit += modified
	}
}

// commitIn finds the abbreviated commit in a version: the end of Go's v0.0.0-20261128155822-3dd7369abcde
// and of git's v1.2-14-g3dd7369-dirty, or git's 3dd7369 of a repository without tags; "" if there is none.
func commitIn(version string) string {
	version, dirty := strings.CutSuffix(strings.Replace(version, "+dirty", "-dirty", 1), "-dirty")
	version, _, _ = strings.Cut(version, "+")
	commit := version[strings.LastIndex(version, "-")+1:]
	if described, isGit := strings.CutPrefix(commit, "g"); isGit {
		commit = described
	}
	if len(commit) < 7 || strings.Trim(commit, "0123456789abcdef") != "" {
		return ""
	}
	if dirty {
		commit += " with changes"
	}
	return commit
}

// orUnknown names a commit that the build did not record.
func orUnknown(text string) string {
	if text == "" {
		return "unknown: built without version control, from a module of no version"
	}
	return text
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
