#include "generate/delivery_plan.h"

#include <gtest/gtest.h>

#include <set>

namespace sparkify {
namespace {

constexpr std::int32_t kDays = 300;

DeliveryPlan plan_of(const FaultRates& rates, std::int32_t deliveries) {
  return DeliveryPlan(1, rates, deliveries, kDays);
}

TEST(DeliveryPlan, WithoutFaultsDaysComeInPartsAndSongsAtFirst) {
  const DeliveryPlan plan = plan_of({}, 3);
  EXPECT_EQ(plan.log_file(0).first.delivery, 1);
  EXPECT_EQ(plan.log_file(99).first.delivery, 1);
  EXPECT_EQ(plan.log_file(100).first.delivery, 2);
  EXPECT_EQ(plan.log_file(299).first.delivery, 3);
  EXPECT_EQ(plan.song_file(7).first.delivery, 1);
  EXPECT_FALSE(plan.song_file(7).arrival_in(2).has_value());
}

TEST(DeliveryPlan, WhatIsLateComesAfterItsPart) {
  const DeliveryPlan plan = plan_of({{FaultKind::late_file, 1.0}}, 3);
  for (std::int32_t day_no = 0; day_no < 200; ++day_no) {
    const FilePlan file = plan.log_file(day_no);
    EXPECT_EQ(file.fault, FaultKind::late_file);
    EXPECT_GT(file.first.delivery, day_no / 100 + 1);
    EXPECT_LE(file.first.delivery, 3);
  }
  EXPECT_FALSE(plan.log_file(250).fault.has_value()) << "nothing comes after the last part";
  EXPECT_FALSE(plan.song_file(1).fault.has_value()) << "songs have a kind of their own";
}

TEST(DeliveryPlan, AChangedFileComesTwiceAndOneVersionIsWrong) {
  const DeliveryPlan plan = plan_of({{FaultKind::changed_object, 1.0}}, 2);
  std::set<FileForm> forms;
  for (std::int32_t i = 0; i < 100; ++i) {
    for (const FilePlan& file : {plan.log_file(i), plan.song_file(i)}) {
      const auto first = file.arrival_in(1);
      const auto second = file.arrival_in(2);
      ASSERT_TRUE(first && second);
      EXPECT_EQ(first->version, 1);
      EXPECT_EQ(second->version, 2);
      EXPECT_NE(first->form == FileForm::right, second->form == FileForm::right);
      forms.insert({first->form, second->form});
    }
  }
  EXPECT_EQ(forms.size(), 6U);
}

TEST(DeliveryPlan, InOneDeliveryNothingIsLateOrChanged) {
  const FaultRates rates{{FaultKind::late_file, 0.5}, {FaultKind::changed_object, 0.5}};
  const DeliveryPlan plan = plan_of(rates, 1);
  for (std::int32_t i = 0; i < kDays; ++i) {
    EXPECT_FALSE(plan.log_file(i).fault.has_value());
    EXPECT_FALSE(plan.song_file(i).second.has_value());
  }
}

}  // namespace
}  // namespace sparkify
