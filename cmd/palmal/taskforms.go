package main

import (
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/task"
)

// tasksOf runs the form of tasks that the arguments choose.
func (p *program) tasksOf(c *cli.Context, args []string) error {
	first, file, model, env, out := "", c.Bool("yaml"), c.String("model"), c.String("env"), c.String("o")
	if len(args) > 0 {
		first = args[0]
	}
	checks := first == "check" && len(args) == 2
	switch {
	case out != "" && !checks:
		return usage.Mistakef("-o is for palmal tasks check FOLDER")
	case (first == "new") != (model != "" || env != ""), first == "new" && len(args) != 2, model != "" && env != "":
		return usage.Mistakef("want palmal tasks new FOLDER --model FILE, or --env gym:ID")
	case file && (first == "" || first == "new" || checks):
		return usage.Mistakef("--yaml is for one task: palmal tasks hopper --yaml")
	case c.IsSet("env-set") && (first == "" || model != ""):
		return usage.Mistakef("--env-set is for an environment gym:ID")
	case checks:
		return p.checkTask(named(c, args[1]), out)
	case first == "check":
		return usage.Mistakef("want palmal tasks check FOLDER")
	case env != "":
		return p.writeEnvironment(filepath.Clean(args[1]), named(c, env))
	case first == "new":
		return p.writeTask(filepath.Clean(args[1]), model)
	case len(args) == 2:
		if forms := []string{"new", "check"}; task.Near(first, forms) != "" {
			return usage.Unknown("word after palmal tasks", first, forms)
		}
		return usage.Mistakef("unexpected argument %q", args[1])
	case first != "":
		return p.showTask(named(c, first), file)
	}
	return p.listTasks()
}

// showFile prints the file of a task.
func (p *program) showFile(t *task.Task) error {
	if p.json {
		p.printJSON(map[string]any{"task": t.Name, "file": t.File, "yaml": string(t.Files[t.File])})
		return nil
	}
	p.printf("%s", t.Files[t.File])
	return nil
}
