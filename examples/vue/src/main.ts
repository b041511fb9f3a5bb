import { createClient } from "wicketgate/all";
import { createAuth } from "wicketgate/vue";
import { createApp } from "vue";
import { createRouter, createWebHistory } from "vue-router";
import "./style.css";
import { config, login } from "./config.ts";
import Account from "./Account.vue";
import App from "./App.vue";
import Home from "./Home.vue";
import OneMoment from "./OneMoment.vue";

const routes = [
  { path: "/", component: Home },
  { path: "/account", component: Account, meta: { requiresAuth: true } },
  { path: "/:rest(.*)", component: OneMoment },
];
const router = createRouter({ history: createWebHistory(), routes });
const auth = createAuth(() => createClient(config()), { router, login });

createApp(App).use(auth).use(router).mount("#app");
