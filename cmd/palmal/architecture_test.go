package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/palmal-rl/palmal"

// floor says what the files of a package, tests aside, may import.
type floor struct {
	path    string   // path of the package from the root; packages below it belong to the same floor
	ours    []string // packages of ours, from the root; those below them too
	foreign []string // modules or parts of them; the standard library may always be imported
}

// floors is the whole house: an import may only go down. A package that is not listed may not be.
func floors() []floor {
	return []floor{
		{"cmd/palmal/run", []string{"internal/number", "cmd/palmal/disk", "cmd/palmal/host", "cmd/palmal/internal/usage", "algo", "nn", "nn/cpu", "physics", "physics/task", "physics/tasks",
			"physics/episodes", "physics/remote"}, []string{"go.yaml.in/yaml/v3", "gorgonia.org/tensor"}},
		{"cmd/palmal/session", []string{"internal/number", "cmd/palmal/run", "cmd/palmal/plot", "cmd/palmal/host", "cmd/palmal/internal/usage", "algo", "nn", "physics/episodes", "physics/task"}, nil},
		{"cmd/palmal/plot", []string{"algo"}, []string{"gonum.org/v1/plot", "codeberg.org/go-fonts/liberation", "golang.org/x/image", "gonum.org/v1/gonum/stat"}},
		{"cmd/palmal/disk", []string{"cmd/palmal/disk"}, []string{"golang.org/x/sys"}},
		{"cmd/palmal/host", nil, []string{"golang.org/x/sys"}},
		{"cmd/palmal", []string{"internal/number", "cmd/palmal", "algo", "nn", "gpu", "physics"},
			[]string{"github.com/urfave/cli/v2", "gonum.org/v1/plot", "codeberg.org/go-fonts/liberation", "golang.org/x/image", "gonum.org/v1/gonum/stat",
				"go.yaml.in/yaml/v3", "golang.org/x/sys", "golang.org/x/term", "gorgonia.org/tensor"}},
		{"examples/library", []string{"."}, nil},
		{".", []string{"cmd/palmal/run", "cmd/palmal/session", "cmd/palmal/plot", "cmd/palmal/disk", "cmd/palmal/host", "algo", "nn", "nn/cpu",
			"physics", "physics/task", "physics/episodes"}, nil},
		{"algo", []string{"internal/number", "nn"}, []string{"gorgonia.org/tensor", "gonum.org/v1/gonum", "go.yaml.in/yaml/v3"}},
		{"nn/cpu", []string{"nn"}, []string{"gonum.org/v1/gonum/blas", "gorgonia.org/tensor", "github.com/ebitengine/purego", "golang.org/x/sys"}},
		{"nn/nntest", []string{"nn"}, []string{"gorgonia.org/tensor"}},
		{"gpu/internal", []string{"nn", "gpu/internal"}, []string{"C", "gorgonia.org/cu"}},
		{"gpu", []string{"nn", "cuda", "gpu/internal"}, []string{"gorgonia.org/cu", "gorgonia.org/tensor"}},
		{"physics/mujoco", nil, []string{"github.com/ebitengine/purego", "golang.org/x/sys"}},
		{"physics/remote", nil, []string{"golang.org/x/sys"}},
		{"physics/task/formula", []string{"physics/task/formula"}, nil},
		{"physics/task/mjcf", nil, nil},
		{"physics/task", []string{"internal/number", "physics/task/formula", "physics/task/mjcf"}, []string{"go.yaml.in/yaml/v3"}},
		{"physics/tasks", []string{"physics/task"}, nil},
		{"physics/episodes", nil, []string{"github.com/parquet-go/parquet-go"}},
		{"physics", []string{"internal/number", "physics/task", "physics/tasks", "physics/mujoco", "physics/remote", "physics/episodes"}, nil},
		{"internal/number", nil, nil},
		{"nn", nil, []string{"gorgonia.org/tensor"}},
		{"cuda", nil, nil},
	}
}

// narrow are packages whose children are not meant when they stand in a floor's list: nn does not
// bring nn/cpu along, except for cmd.
func narrow(f floor, ours string) bool {
	return f.path != "cmd/palmal" && (ours == "nn" || ours == "physics")
}

// source is one Go file of the project.
type source struct {
	path string // path from the root
	file *ast.File
	set  *token.FileSet
}

// isGenerator reports whether the file belongs to a program that go generate or the build of the kernels runs: no user does.
func (s source) isGenerator() bool {
	for _, generator := range []string{"gpu/internal/launchgen", "gpu/internal/trimimage", "nn/cpu/internal/asmgen"} {
		if under(s.path, generator) {
			return true
		}
	}
	return false
}

// sources parses every Go file that is not a test, whatever its build tags.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "scratch") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		all = append(all, source{filepath.ToSlash(relative), file, set})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d Go files found: wrong root?", len(all))
	}
	return all
}

// floorOf finds the most special floor of a package.
func floorOf(directory string) (floor, bool) {
	for _, f := range floors() { // children stand before their parents
		if under(directory, f.path) {
			return f, true
		}
	}
	return floor{}, false
}

func under(path, parent string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }

func TestImportsOnlyGoDown(t *testing.T) {
	for _, s := range sources(t) {
		directory := filepath.ToSlash(filepath.Dir(s.path))
		f, ok := floorOf(directory)
		if !ok {
			t.Errorf("%s: package %s is on no floor", s.path, directory)
			continue
		}
		for _, spec := range s.file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if !allowed(f, path) {
				t.Errorf("%s: %s may not import %s", s.path, f.path, path)
			}
		}
	}
}

func allowed(f floor, path string) bool {
	if path == module {
		return slices.Contains(f.ours, ".")
	}
	if ours, ok := strings.CutPrefix(path, module+"/"); ok {
		return slices.ContainsFunc(f.ours, func(p string) bool { return ours == p || !narrow(f, p) && under(ours, p) })
	}
	first, _, _ := strings.Cut(path, "/")
	if path != "C" && !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(f.foreign, func(p string) bool { return under(path, p) })
}

// TestTheTestOfImportsCanFail holds the rules against edges that must not exist.
func TestTheTestOfImportsCanFail(t *testing.T) {
	for _, edge := range [][2]string{{"algo", "physics"}, {".", "gpu"}, {".", "cmd/palmal/internal/usage"}, {"cmd/palmal/run", "cmd/palmal/session"}, {"algo", "nn/cpu"}, {"nn", "algo"}, {"nn/cpu", "nn/nntest"},
		{"physics/task", "nn"}, {"physics/task", "physics/tasks"}, {"physics/tasks", "physics"}, {"physics", "nn"}, {"gpu", "nn/cpu"}, {"nn/nntest", "nn/cpu"}} {
		f, ok := floorOf(edge[0])
		if !ok || allowed(f, module+"/"+edge[1]) {
			t.Errorf("%s may import %s", edge[0], edge[1])
		}
	}
	for _, edge := range [][2]string{{"algo", "github.com/urfave/cli/v2"}, {"nn", "gonum.org/v1/gonum/mat"}, {"physics", "C"},
		{"physics/task", "gorgonia.org/tensor"}, {"nn/cpu", "gorgonia.org/cu"}} {
		if f, _ := floorOf(edge[0]); allowed(f, edge[1]) {
			t.Errorf("%s may import %s", edge[0], edge[1])
		}
	}
}

// TestOnlyTheProgramHasPackageState finds variables at package level that something may change.
// Errors, blank assertions, embedded files, arrays of numbers, which Go has no constants for, and what is
// found once and stays, are none.
func TestOnlyTheProgramHasPackageState(t *testing.T) {
	for _, s := range sources(t) {
		if under(s.path, "cmd") || s.isGenerator() {
			continue
		}
		for _, declaration := range s.file.Decls {
			d, ok := declaration.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if name.Name != "_" && !isError(name.Name, v, i) && !isTable(v, i) && !isEmbedded(d, v) && !isOnce(v, i) {
						t.Errorf("%s: package-level variable %s", s.set.Position(name.Pos()), name.Name)
					}
				}
			}
		}
	}
}

// isError reports whether variable i is an error made by errors.New, or another name for one.
func isError(name string, v *ast.ValueSpec, i int) bool {
	if i >= len(v.Values) {
		return false
	}
	switch value := v.Values[i].(type) {
	case *ast.CallExpr:
		selector, ok := value.Fun.(*ast.SelectorExpr)
		return ok && selector.Sel.Name == "New" && isName(selector.X, "errors")
	case *ast.SelectorExpr:
		return strings.HasPrefix(name, "Err") && value.Sel.Name == name
	}
	return false
}

// isOnce reports whether variable i is a function of sync.OnceValue or OnceValues: nothing changes what it
// returns.
func isOnce(v *ast.ValueSpec, i int) bool {
	if i >= len(v.Values) {
		return false
	}
	call, ok := v.Values[i].(*ast.CallExpr)
	if !ok {
		return false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	return ok && isName(selector.X, "sync") && strings.HasPrefix(selector.Sel.Name, "OnceValue")
}

// isTable reports whether variable i is an array that is written out.
func isTable(v *ast.ValueSpec, i int) bool {
	if i >= len(v.Values) {
		return false
	}
	literal, ok := v.Values[i].(*ast.CompositeLit)
	if !ok {
		return false
	}
	array, ok := literal.Type.(*ast.ArrayType)
	return ok && array.Len != nil
}

func isName(e ast.Expr, name string) bool {
	identifier, ok := e.(*ast.Ident)
	return ok && identifier.Name == name
}

func isEmbedded(d *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, group := range []*ast.CommentGroup{d.Doc, v.Doc} {
		if group == nil {
			continue
		}
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "//go:embed") {
				return true
			}
		}
	}
	return false
}

// TestFilesStayShort: a file is one idea, of 300 lines at most.
func TestFilesStayShort(t *testing.T) {
	const most = 300
	for _, s := range sources(t) {
		if ast.IsGenerated(s.file) {
			continue
		}
		if lines := s.set.File(s.file.Pos()).LineCount(); lines > most {
			t.Errorf("%s has %d lines, more than %d", s.path, lines, most)
		}
	}
}

// TestOnlyTheProgramPrintsOrExits: libraries return errors. Only MuJoCo's handler of errors has nobody to
// return to where it was called on a thread of MuJoCo's own. Examples are programs.
func TestOnlyTheProgramPrintsOrExits(t *testing.T) {
	forbidden := map[string][]string{"os": {"Exit"}, "log": {"Print", "Printf", "Println", "Fatal", "Fatalf"}, "fmt": {"Print", "Printf", "Println"}}
	for _, s := range sources(t) {
		if s.path == "cmd/palmal/main.go" || s.path == "physics/mujoco/fatal.go" || under(s.path, "examples") || s.isGenerator() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for name, functions := range forbidden {
				if isName(selector.X, name) && slices.Contains(functions, selector.Sel.Name) {
					t.Errorf("%s: %s.%s", s.set.Position(selector.Pos()), name, selector.Sel.Name)
				}
			}
			return true
		})
	}
}

// TestExportedNamesAreDocumented covers types and functions; methods of an interface are explained
// where it is.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		for _, declaration := range s.file.Decls {
			switch d := declaration.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() && d.Doc == nil {
					t.Errorf("%s: %s has no comment", s.set.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.TypeSpec); ok && v.Name.IsExported() && d.Doc == nil && v.Doc == nil {
						t.Errorf("%s: %s has no comment", s.set.Position(v.Pos()), v.Name.Name)
					}
				}
			}
		}
	}
}
