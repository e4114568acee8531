#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <string>

#include "src/backend/op_cases.hpp"
#include "src/backend/registry.hpp"
#include "tests/unit/backend/operands.hpp"

namespace myriad {
namespace {

using kernels::DType;
using test::Operands;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * b[k];
  return sum;
}

double magnitude(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::abs(a[k] * b[k]);
  return sum;
}

void assign(Backend& backend, TensorView view, const std::vector<double>& values) {
  if (view.dtype == DType::f64) {
    backend.copy_to_device(view.data, values.data(), view.size() * 8);
  } else {
    const std::vector<float> converted(values.begin(), values.end());
    backend.copy_to_device(view.data, converted.data(), view.size() * 4);
  }
}

/// Output and gradients of one case at seeded inputs.
class Evaluation {
 public:
  Evaluation(Backend& backend, const GradientCase& c)
      : backend_(backend),
        case_(c),
        in_(backend, c.inputs, 1),
        out_(backend, {c.output}, 101),
        grad_out_(backend, {c.output}, 202),
        grads_(backend, c.inputs, 303) {
    // The forward run also writes what the adjoint needs (saved statistics).
    case_.forward(backend_, out_[0], in_.views());
    std::vector<TensorView> views = grads_.views();
    for (std::size_t k = 0; k < views.size(); ++k) {
      if (case_.dependence[k] == Dependence::none) {
        views[k] = TensorView();
      } else {
        backend_.fill(views[k], 0.0);
      }
    }
    case_.adjoint(backend_, views, grad_out_[0], in_.views());
  }

  std::vector<double> gradient(std::size_t k) const { return grads_.values(k); }
  std::vector<double> grad_out() const { return grad_out_.values(0); }
  std::vector<double> input(std::size_t k) const { return in_.values(k); }

  /// Output with input k replaced.
  std::vector<double> output(std::size_t k, const std::vector<double>& values) {
    const std::vector<double> kept = input(k);
    assign(backend_, in_[k], values);
    case_.forward(backend_, out_[0], in_.views());
    assign(backend_, in_[k], kept);
    return out_.values(0);
  }

 private:
  Backend& backend_;
  const GradientCase& case_;
  Operands in_, out_, grad_out_, grads_;
};

/// Shapes without ties and with enough points for the statistics of a normalisation.
std::vector<OpShape> gradient_shapes() {
  std::vector<OpShape> shapes = test_shapes();
  shapes.pop_back();
  return shapes;
}

class Gradient : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(Gradient, IsTheSlopeOfFiniteDifferencesInDoublePrecision) {
  for (const OpShape& shape : gradient_shapes()) {
    for (const GradientCase& c : gradient_cases(DType::f64, shape)) {
      Evaluation at(*backend_, c);
      for (std::size_t k = 0; k < c.inputs.size(); ++k) {
        if (c.dependence[k] == Dependence::none) continue;
        const std::vector<double> direction = operand_values(c.inputs[k], 404);
        const std::vector<double> x = at.input(k);
        const double h = c.dependence[k] == Dependence::kinked ? 1e-8 : 1e-6;
        std::vector<double> plus = x, minus = x;
        for (std::size_t i = 0; i < x.size(); ++i) {
          plus[i] += h * direction[i];
          minus[i] -= h * direction[i];
        }
        const std::vector<double> up = at.output(k, plus), down = at.output(k, minus);
        std::vector<double> slope(up.size());
        for (std::size_t i = 0; i < up.size(); ++i) slope[i] = (up[i] - down[i]) / (2 * h);
        const std::vector<double> gradient = at.gradient(k);
        // Rounding of the difference is at most 1e-16 / h = 1e-8 of the output, truncation h^2 =
        // 1e-12.
        const double scale = magnitude(gradient, direction) + magnitude(slope, at.grad_out());
        EXPECT_NEAR(dot(gradient, direction), dot(slope, at.grad_out()), 1e-7 * scale + 1e-9)
            << c.name << ", input " << c.inputs[k].name << ", " << shape.name;
      }
    }
  }
}

TEST_P(Gradient, IsTheTransposeOfALinearOp) {
  for (DType dtype : {DType::f32, DType::f64}) {
    const double unit = dtype == DType::f32 ? 0x1p-24 : 0x1p-53;
    for (const OpShape& shape : test_shapes()) {
      for (const GradientCase& c : gradient_cases(dtype, shape)) {
        Evaluation at(*backend_, c);
        for (std::size_t k = 0; k < c.inputs.size(); ++k) {
          if (c.dependence[k] != Dependence::linear) continue;
          std::vector<double> direction = operand_values(c.inputs[k], 404);
          if (dtype == DType::f32) {
            for (double& v : direction) v = static_cast<float>(v);
          }
          // Linear with an offset (bias): A d = f(d) - f(0).
          const std::vector<double> image = at.output(k, direction);
          const std::vector<double> zero = at.output(k, std::vector<double>(direction.size(), 0.0));
          std::vector<double> linear(image.size());
          for (std::size_t i = 0; i < image.size(); ++i) linear[i] = image[i] - zero[i];
          const std::vector<double> gradient = at.gradient(k);
          const double scale = magnitude(gradient, direction) + magnitude(linear, at.grad_out());
          EXPECT_NEAR(dot(gradient, direction), dot(linear, at.grad_out()), 8.0 * unit * scale)
              << c.name << ", input " << c.inputs[k].name << ", " << shape.name;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Gradient, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
