package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/session"
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
			m := session.Build(version)
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
