// formula_slope.cuh: the derivatives of a formula by its rows, in reverse mode, from the program with a slot for every
// number that it computes (EncodeTape in physics/task/formula). In float64; the rules at kinks, and of smooth conditions, are those of
// SmoothGradient there.
#pragma once
#include "formula.cuh"

// FormulaSlopes is where derivatives are added.
struct FormulaSlopes {
  double *obs, *action, *next;  // by the rows
  double* adjoint;              // by the slots
  double smooth;                // relative width of conditions; 0: they have the derivative 0
};

// Triple holds the operands of an operation, or the derivatives by them.
struct Triple {
  double x[3];
};

// slope_sink is where derivatives by element k of an operand are added; null: nowhere.
DEVICE double* slope_sink(const FormulaSlopes& s, uint32_t operand, uint32_t k) {
  const uint32_t at = (operand & 0xffff) + k * (operand >> 16 & 0xff);
  switch (operand >> 24) {
    case ROW_OBS: return s.obs + at;
    case ROW_ACTION: return s.action + at;
    case ROW_NEXT: return s.next + at;
    case ROW_SLOTS: return s.adjoint + at;
    default: return nullptr;
  }
}

DEVICE void slope_add(const FormulaSlopes& s, uint32_t operand, uint32_t k, double g) {
  double* to = slope_sink(s, operand, k);
  if (to && g != 0) *to += g;
}

DEVICE double slope_unary(uint32_t op, double x, double value) {
  switch (op) {
    case OP_NEG: return -1;
    case OP_ABS: return x > 0 ? 1 : x < 0 ? -1 : 0;
    case OP_SQRT: return 0.5 / value;
    case OP_EXP: return value;
    case OP_LOG: return 1 / x;
    case OP_SIN: return cos(x);
    case OP_COS: return -sin(x);
    case OP_TAN: return 1 + value * value;
    case OP_ASIN: return 1 / sqrt(1 - x * x);
    case OP_ACOS: return -1 / sqrt(1 - x * x);
    case OP_ATAN: return 1 / (1 + x * x);
    case OP_TANH: return 1 - value * value;
    case OP_FLOOR:
    case OP_CEIL: return 0;
    default: return 1;  // copy, wrap and single
  }
}

// slope_less are the derivatives of x < y as a sigmoid of (y - x)/width.
DEVICE Triple slope_less(double x, double y, double smooth) {
  const double least = fmin(fabs(x), fabs(y)), most = fmax(fabs(x), fabs(y));
  const double width = least > 0 ? smooth * least : most > 0 ? smooth * most : smooth;
  const double s = 1 / (1 + exp(-(y - x) / width)), rise = s * (1 - s) / width;
  return rise - rise == 0 ? Triple{{-rise, rise, 0}} : Triple{{0, 0, 0}};  // what is no number has no place on a sigmoid
}

// slope_condition are the derivatives of a condition by its operands.
DEVICE Triple slope_condition(uint32_t op, const Triple& o, double smooth) {
  const double x = o.x[0], y = o.x[1];
  switch (op) {
    case OP_NOT: return Triple{{-1, 0, 0}};
    case OP_AND: return Triple{{y, x, 0}};
    case OP_OR: return Triple{{1 - y, 1 - x, 0}};
    case OP_LESS:
    case OP_LESS_EQUAL: return slope_less(x, y, smooth);
    default: return Triple{{0, 0, 0}};  // equality: a sigmoid has no place for it
  }
}

// slope_of are the derivatives of an operation by its operands, given its value.
DEVICE Triple slope_of(uint32_t op, const Triple& o, double value, double smooth) {
  const double x = o.x[0], y = o.x[1], square = x * x + y * y, lift = y - o.x[2];
  switch (op) {
    case OP_ADD: return Triple{{1, 1, 0}};
    case OP_SUB: return Triple{{1, -1, 0}};
    case OP_MUL: return Triple{{y, x, 0}};
    case OP_DIV: return Triple{{1 / y, -value / y, 0}};
    case OP_MIN:
    case OP_MAX: return x == value || x != x ? Triple{{1, 0, 0}} : Triple{{0, 1, 0}};
    case OP_POW: return Triple{{y != 0 ? y * pow(x, y - 1) : 0, value != 0 ? value * log(x) : 0, 0}};
    case OP_ATAN2: return square != 0 ? Triple{{y / square, -x / square, 0}} : Triple{{0, 0, 0}};
    case OP_HYPOT: return value != 0 ? Triple{{x / value, y / value, 0}} : Triple{{0, 0, 0}};
    case OP_WHERE: return Triple{{smooth > 0 && lift - lift == 0 ? lift : 0, x != 0 ? 1.0 : 0.0, x != 0 ? 0.0 : 1.0}};
    default: return Triple{{slope_unary(op, x, value), 0, 0}};
  }
}

// slope_elements passes on the derivatives by the results of an instruction on every element.
DEVICE void slope_elements(const Formula& f, const FormulaRows& r, const double* slots, const FormulaSlopes& s, const uint32_t* code) {
  const uint32_t op = code[0] & 0xff, n = code[0] >> 16, to = code[1], count = op == OP_WHERE ? 3 : op >= OP_ADD ? 2 : 1;
  const bool condition = op == OP_NOT || (op >= OP_LESS && op <= OP_OR);
  if (condition && s.smooth == 0) return;
#pragma unroll 1
  for (uint32_t k = 0; k < n; k++) {
    const double g = s.adjoint[to + k];
    if (g == 0) continue;  // a branch that was not taken
    Triple o = {{0, 0, 0}};
#pragma unroll 1
    for (uint32_t i = 0; i < count; i++) o.x[i] = formula_fetch(f, r, slots, code[2 + i], k);
    const Triple by = condition ? slope_condition(op, o, s.smooth) : slope_of(op, o, slots[to + k], s.smooth);
#pragma unroll 1
    for (uint32_t i = 0; i < count; i++)
      if (by.x[i] != 0) slope_add(s, code[2 + i], k, g * by.x[i]);
  }
}

// slope_decide passes g on to the condition that alone decides whether all, or any, of n hold.
DEVICE void slope_decide(const Formula& f, const FormulaRows& r, const double* slots, const FormulaSlopes& s, uint32_t a, uint32_t n, double g,
                         bool all) {
  uint32_t others = 0, last = n;  // those that settle the matter whatever the rest is
#pragma unroll 1
  for (uint32_t k = 0; k < n; k++)
    if ((formula_fetch(f, r, slots, a, k) == 0) == all) others++, last = k;
#pragma unroll 1
  for (uint32_t k = 0; k < n; k++)
    if (others == 0 || (others == 1 && k == last)) slope_add(s, a, k, g);
}

// slope_reduction passes on the derivative by the result of a reduction.
DEVICE void slope_reduction(const Formula& f, const FormulaRows& r, const double* slots, const FormulaSlopes& s, const uint32_t* code) {
  const uint32_t op = code[0] & 0xff, n = code[0] >> 16, a = code[2], b = code[3];
  const double g = s.adjoint[code[1]], value = slots[code[1]];
  if (g == 0 || (op == OP_NORM && value == 0)) return;
  if (op == OP_ALL || op == OP_ANY) {
    if (s.smooth > 0) slope_decide(f, r, slots, s, a, n, g, op == OP_ALL);
    return;
  }
#pragma unroll 1
  for (uint32_t k = 0; k < n; k++) {
    const double x = formula_fetch(f, r, slots, a, k);
    double by = 1;
    switch (op) {
      case OP_SQUARES: by = 2 * x; break;
      case OP_NORM: by = x / value; break;
      case OP_DOT: by = formula_fetch(f, r, slots, b, k), slope_add(s, b, k, g * x); break;
      case OP_LEAST:
      case OP_MOST:
        if (x != value && x == x) continue;
        slope_add(s, a, k, g);
        return;
    }
    slope_add(s, a, k, g * by);
  }
}

// formula_reverse adds Σ weight·∂output to the slopes, given the values of all slots. The adjoints of the slots are 0
// before.
DEVICE void formula_reverse(Formula f, FormulaRows r, const double* slots, FormulaSlopes s, uint32_t outputs, double weight) {
#pragma unroll 1
  for (uint32_t k = 0; k < outputs; k++) slope_add(s, f.outputs[k], 0, weight);
#pragma unroll 1
  for (uint32_t i = f.instructions; i-- > 0;) {
    const uint32_t* code = f.code + 5 * i;
    if ((code[0] & 0xff) >= OP_SUM)
      slope_reduction(f, r, slots, s, code);
    else
      slope_elements(f, r, slots, s, code);
  }
}
