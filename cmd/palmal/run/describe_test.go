package run

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
)

var rewrite = flag.Bool("rewrite", false, "write comments.txt again")

// TestCommentsFileMatchesSource holds the comments in every config.yaml to those of the fields.
// go test ./cmd/palmal/run -rewrite brings comments.txt up to date.
func TestCommentsFileMatchesSource(t *testing.T) {
	structs := map[string]*ast.StructType{}
	for path, prefix := range map[string]string{"config.go": "", "../../../algo/config.go": "algo.", "../../../algo/pathwise_config.go": "algo.", "../../../algo/actor_critic_config.go": "algo."} {
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					structs[prefix+spec.Name.Name] = s
				}
			}
			return true
		})
	}
	var text strings.Builder
	writeComments(&text, structs, "", "Config", "")
	if *rewrite {
		if err := os.WriteFile("comments.txt", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text.String() != commentLines {
		t.Error("comments.txt is not what the source says: go test ./cmd/palmal/run -rewrite")
	}
}

// writeComments lists the comments of a struct's fields; packageOf is "" or "algo.".
func writeComments(out *strings.Builder, structs map[string]*ast.StructType, packageOf, name, path string) {
	for _, field := range structs[packageOf+name].Fields.List {
		if field.Tag == nil {
			continue
		}
		tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("yaml")
		key, _, _ := strings.Cut(tag, ",")
		comment := strings.TrimSpace(field.Comment.Text())
		if comment == "" && len(field.Names) == 1 {
			comment = strings.TrimPrefix(strings.Join(strings.Fields(field.Doc.Text()), " "), field.Names[0].Name+" ")
		}
		inner, from := typeName(field.Type), packageOf
		if strings.HasPrefix(inner, "algo.") {
			inner, from = strings.TrimPrefix(inner, "algo."), "algo."
		}
		switch {
		case key == "":
			writeComments(out, structs, from, inner, path)
		case structs[from+inner] != nil:
			writeComments(out, structs, from, inner, path+key+".")
		case comment != "":
			fmt.Fprintf(out, "%s%s\t%s\n", path, key, comment)
		}
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return ""
}

// Help and config.yaml say of every key where it comes from and what it means.
func TestEveryKeyHasASourceAndAMeaning(t *testing.T) {
	keys := Described()
	if len(keys) != len(Keys()) {
		t.Fatalf("%d of %d keys are described", len(keys), len(Keys()))
	}
	used := map[string]bool{}
	for _, key := range keys {
		if !slices.Contains(algo.Sources(), key.Source) || key.Meaning == "" {
			t.Errorf("%+v: want a tag from:\"...\" of %v and a comment", key, algo.Sources())
		}
		used[key.Source] = true
	}
	if len(used) != len(algo.Sources()) {
		t.Errorf("only the sources %v are used", used)
	}
	resolved, err := Resolve(Request{Sets: []string{"task=cartpole"}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := resolved.Config.YAML()
	if err != nil || !strings.Contains(string(text), "# [paper] δ, normalised\n") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestConfigurationReadsBackAsWritten(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		for _, preset := range algo.Presets() {
			resolved, err := Resolve(Request{Flags: []Assignment{Typed("task", "cartpole", "--task"),
				Typed("algo", string(algorithm), "--algo"), Typed("preset", preset, "--preset"),
				Typed("run.keep_at", "100,2e3", "--keep-at"), Typed("npg.cg_tolerance", "1.25e-11", "--set")}})
			if err != nil {
				t.Fatal(err)
			}
			text, err := resolved.Config.YAML()
			if err != nil {
				t.Fatal(err)
			}
			back, missing, err := loadConfig("config.yaml", text)
			if err != nil || len(missing) > 0 {
				t.Fatalf("%v, missing %v\n%s", err, missing, text)
			}
			if !reflect.DeepEqual(back, resolved.Config) {
				t.Errorf("%s %s: read back\n%+v\nwritten\n%+v", algorithm, preset, back, resolved.Config)
			}
		}
	}
}

func TestSummarySaysWhatIsNotThePresets(t *testing.T) {
	summary := func(sets ...string) string {
		resolved, err := Resolve(Request{Sets: append([]string{"task=cartpole", "seed=3"}, sets...)})
		if err != nil {
			t.Fatal(err)
		}
		text, err := resolved.Summary()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(text, "\n") {
			if len(line) > 100 {
				t.Errorf("a line of %d characters: %s", len(line), line)
			}
		}
		return text
	}
	if text := summary("npg.steps=7", "npg.gamma=0.995", "model.hidden=64,32", "parameters.max_angle=0.3", "samples=100", "evaluation.every=2"); text !=
		"not the preset's: samples 100 (preset: 4000)  model.hidden [64,32] (preset: [64,64])\n"+
			"                  npg.steps 7 (preset: 4)  evaluation.every 2 (preset: 1)\n"+
			"                  parameters.max_angle 0.3 (preset: 0.20943951023931956)\n" {
		t.Errorf("summary:\n%s", text)
	}
	if text := summary("npg.gamma=0.995"); !strings.HasPrefix(text, "every value is the preset's") {
		t.Errorf("summary:\n%s", text)
	}
}
