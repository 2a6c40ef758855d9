// Package formula is the language of a task's reward, termination, success, measures, computed entries and relabelled
// goals. It imports the standard library only.
//
// A formula is one expression in Go's grammar:
//
//	-control_cost*squares(action)
//	!(next.height > min_height && abs(next.pitch) < max_pitch)
//	where(next.distance < near && next.alignment > aligned, bonus, 0)
//
// # Names
//
// NAME is an entry of the observation before the step, next.NAME the same entry after it; action is the whole action,
// action.NAME an entry of it; goal and goal.NAME are a goal's numbers. An entry that stands for several numbers is a
// vector: v[2] is one of its numbers, v[0:3] a part. A parameter has its own name; its value is given at every
// evaluation. pi, true and false are constants.
//
// A definition gives a name to a formula, for later ones. A definition of observation entries can also be used as
// next.NAME (and goal.NAME): the same formula over the entries of that row.
//
// # Types
//
// A value is a number, a condition, or a vector of either; a vector of one number is a number. Signs and functions of
// one number are applied to vectors element by element; combined with a vector, a single number stands for a vector of
// that length. Vectors of different lengths do not combine, and a condition is not a number: both are mistakes. Compile
// reports all mistakes at their places in the file.
//
// # Functions
//
//	abs sqrt exp log sin cos tan asin acos atan tanh floor ceil   of x, element by element
//	wrap(angle)                  the angle in [-π, π)
//	single(x)                    x rounded to float32
//	atan2(y, x)  hypot(x, y)  pow(x, y)
//	min(a, b, …)  max(a, b, …)   element by element; of a single vector, its least and largest number
//	clip(x, low, high)           min(max(x, low), high)
//	where(condition, a, b)       a where the condition holds, else b
//	sum squares norm mean        of a vector: Σv, Σv², √Σv², Σv/n
//	dot(v, w)                    Σv·w
//	all(conditions)  any(conditions)
//	vector(a, b, …)              numbers and vectors one after the other
//	repeat(v, n)                 v, n times
//
// # Numbers
//
// Everything is computed in float64, in the order in which it is written. Sums start from 0 and add the elements from the
// first. No product is fused with a sum. min, max and clip propagate NaN, which fails every comparison but !=. Both sides
// of where, && and || are computed, which has no effect on results, since no formula has side effects.
//
// # Programs
//
// NewScope checks the names and definitions of a file. Compile makes a Program of a formula; Join joins several and
// shares common subexpressions. A program is a list of instructions over slots, each of which may be filled and read
// several times; Encode gives its binary layout, which the CUDA kernels run (cuda/formula.cuh). Eval runs a quicker form
// of the same operations. The limits of the language are the constants of this package.
//
// # Derivatives
//
// Gradient differentiates along the branch that was taken: where, min, max and clip pass the derivative to the side that
// they chose (the first of equal ones). Conditions and floor have the derivative 0, wrap and single 1. At the kinks of abs,
// norm and hypot it is 0. A branch that was not taken adds nothing, even if its own derivative is infinite.
//
// SmoothGradient gives conditions the derivative of a sigmoid, so that a bonus for passing a threshold pulls towards it.
package formula
